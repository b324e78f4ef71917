import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHttp } from "../src/api/server.ts";
import { silentLog as log } from "./silent-log.ts";
import { type ApiDocument, validated } from "./validated-http.ts";

const thing = { type: "object", required: ["name"], properties: { name: { type: "string" } } };
const document: ApiDocument = {
  paths: {
    "/things/{id}": { get: { responses: { 200: { content: { "application/json": { schema: thing } } } } } },
  },
};

let http: FastifyInstance;
let answer: { readonly status: number; readonly type: string; readonly body: unknown };
beforeEach(() => {
  http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] });
  for (const url of ["/things/:id", "/others/:id"])
    http.get(url, { config: { access: "public" } }, (_request, reply) =>
      reply.code(answer.status).type(answer.type).send(JSON.stringify(answer.body)),
    );
  validated(http, document);
});
afterEach(() => http.close());

test("an answer as documented is given on", async () => {
  answer = { status: 200, type: "application/json", body: { name: "a" } };
  expect((await http.inject("/things/1?x=1")).json()).toEqual({ name: "a" });
});

test.each([
  ["another status", { status: 201, type: "application/json", body: { name: "a" } }, /201.*not documented/],
  ["another media type", { status: 200, type: "text/plain", body: { name: "a" } }, /text\/plain is not/],
  ["another body", { status: 200, type: "application/json", body: {} }, /required property 'name'/],
  ["a refusal that is no problem", { status: 404, type: "application/json", body: {} }, /is not documented/],
  ["half a problem", { status: 404, type: "application/problem+json", body: {} }, /required property 'type'/],
])("%s is caught", async (_what, given, complaint) => {
  answer = given;
  await expect(http.inject("/things/1")).rejects.toThrowError(complaint);
});

test("an address that the document does not know is let through", async () => {
  answer = { status: 201, type: "text/plain", body: {} };
  expect((await http.inject("/others/1")).statusCode).toBe(201);
});

test("problems of the server itself are as documented", async () => {
  answer = { status: 200, type: "application/json", body: {} };
  expect((await http.inject("/things/%zz")).statusCode).toBe(400);
});
