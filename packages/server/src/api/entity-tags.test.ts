import { Readable } from "node:stream";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { createHttp } from "./server.ts";

const url = "/api/v1/things";
let http: FastifyInstance;
let things: readonly number[];
beforeEach(() => {
  things = [1, 2];
  http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess: "admin", allowedHosts: [] });
  const viewer = { config: { access: "viewer" } as const };
  http.get(url, viewer, () => ({ things }));
  http.post(url, viewer, () => ({ things }));
  http.get("/api/v1/own", viewer, (_request, reply) => reply.header("etag", '"rev-7"').send({}));
  http.get("/api/v1/kept", viewer, (_request, reply) => reply.header("cache-control", "no-store").send({}));
  http.get("/api/v1/stream", viewer, (_request, reply) =>
    reply.type("application/json").send(Readable.from(["[", "]"])),
  );
  http.get("/outside", viewer, () => ({ things }));
});
afterEach(() => http.close());

async function tagAt(address: string): Promise<string> {
  return String((await http.inject(address)).headers.etag);
}

test("who has the answer gets 304 without a body, until it changes", async () => {
  const tag = await tagAt(url);
  const asked = (): Promise<LightMyRequestResponse> =>
    http.inject({ url, headers: { "if-none-match": tag } });
  const same = await asked();
  expect([same.statusCode, same.payload, same.headers.etag]).toEqual([304, "", tag]);
  expect(same.headers["cache-control"]).toBe("private, no-cache");
  things = [1, 2, 3];
  const changed = await asked();
  expect([changed.statusCode, changed.json()]).toEqual([200, { things: [1, 2, 3] }]);
  expect(changed.headers.etag).not.toBe(tag);
});

test.each([
  ["the tag made strong by a proxy", (tag: string) => tag.replace("W/", ""), 304],
  ["a list that holds it", (tag: string) => `"other", ${tag}`, 304],
  ["a star", () => "*", 304],
  ["another tag", () => 'W/"other"', 200],
  ["a part of the tag", (tag: string) => tag.slice(0, -3), 200],
])("If-None-Match with %s is answered as HTTP asks", async (_name, given, status) => {
  const answer = await http.inject({ url, headers: { "if-none-match": given(await tagAt(url)) } });
  expect(answer.statusCode).toBe(status);
});

test("HEAD has the tag of GET, and 304 too", async () => {
  const tag = await tagAt(url);
  const head = await http.inject({ method: "HEAD", url });
  expect([head.statusCode, head.headers.etag]).toEqual([200, tag]);
  const known = await http.inject({ method: "HEAD", url, headers: { "if-none-match": tag } });
  expect(known.statusCode).toBe(304);
});

test("a tag that the route set is the one that counts", async () => {
  expect(await tagAt("/api/v1/own")).toBe('"rev-7"');
  const answer = await http.inject({ url: "/api/v1/own", headers: { "if-none-match": '"rev-7"' } });
  expect(answer.statusCode).toBe(304);
});

test("what the route says of caching stays", async () => {
  expect((await http.inject("/api/v1/kept")).headers["cache-control"]).toBe("no-store");
});

test.each([
  ["a POST", { method: "POST", url }, 200],
  ["a stream", { method: "GET", url: "/api/v1/stream" }, 200],
  ["an address outside the API", { method: "GET", url: "/outside" }, 200],
  ["a refusal", { method: "GET", url: "/api/v1/nowhere" }, 404],
] as const)("%s has no tag and is never a 304", async (_name, request, status) => {
  const answer = await http.inject({ ...request, headers: { "if-none-match": "*" } });
  expect([answer.statusCode, answer.headers.etag]).toEqual([status, undefined]);
});
