import { gunzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { checkedInDocument } from "../../testing/validated-http.ts";
import { apiDocs } from "./api-docs.ts";
import { createHttp } from "./server.ts";

let http: FastifyInstance | undefined;
afterEach(() => http?.close());

function server(anonymousAccess: "viewer" | "none"): FastifyInstance {
  http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess, allowedHosts: [] });
  apiDocs(http);
  return http;
}

test("the document is the checked-in one, and need not be sent twice", async () => {
  const answer = await server("viewer").inject("/api/v1/openapi.json");
  expect(answer.json()).toEqual(checkedInDocument());
  const headers = { "if-none-match": String(answer.headers.etag) };
  expect((await http?.inject({ url: "/api/v1/openapi.json", headers }))?.statusCode).toBe(304);
});

test("the document is for viewers, the page for everyone", async () => {
  expect((await server("none").inject("/api/v1/openapi.json")).statusCode).toBe(401);
  expect((await http?.inject("/api/docs"))?.statusCode).toBe(200);
});

test("the page allows no script within itself, and nothing of another host", async () => {
  const { headers, payload } = await server("viewer").inject("/api/docs");
  const policy = String(headers["content-security-policy"]);
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
  expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
  expect(payload).not.toMatch(/https?:\/\//);
});

test("its script comes compressed, from here, and is asked for again only when it changed", async () => {
  const answer = await server("viewer").inject("/api/docs/reference.js");
  expect(answer.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(answer.rawPayload).toString()).toContain("createApiReference");
  const headers = { "if-none-match": String(answer.headers.etag) };
  expect((await http?.inject({ url: "/api/docs/reference.js", headers }))?.statusCode).toBe(304);
});
