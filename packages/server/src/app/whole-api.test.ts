import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostileRequests } from "../../testing/hostile-requests.ts";
import { type ApiDocument, answerCheck, checkedInDocument, validated } from "../../testing/validated-http.ts";
import { openapiDocument, startWholeApi, type WholeApi } from "./openapi.ts";

let api: WholeApi;
let document: ApiDocument;
let http: FastifyInstance;
beforeAll(async () => {
  api = await startWholeApi();
  document = api.document() as unknown as ApiDocument;
  http = validated(api.http, document);
});
afterAll(() => api.stop());

const event = {
  event_id: "0b9a4b6e-6a35-4c5c-8d0e-0a2f5d1f9f11",
  timestamp: "2026-03-01T12:00:00Z",
  ...{ source_service: "sshd", server_hostname: "web-1", event_type: "login_failure", severity: "INFO" },
  ...{ user_id: "alice", action_result: "FAILURE" },
};

/** Addresses that show something to people, and are no part of the contract. */
const pages = ["/*", "/api/docs", "/api/docs/reference.js"];

interface RouteLine {
  readonly method: string;
  readonly url: string;
}

function routesOf(documented: ApiDocument): RouteLine[] {
  return Object.entries(documented.paths).flatMap(([url, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), url })),
  );
}

describe("the document and the router", () => {
  test("every route is in the document, and every address of the document is a route", () => {
    const registered = api.routes
      .filter(({ method, url }) => method !== "HEAD" && method !== "OPTIONS" && !pages.includes(url))
      .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(
      routesOf(document)
        .map(({ method, url }) => `${method} ${url}`)
        .sort(),
    ).toEqual(registered.sort());
  });

  test("every route declares who may call it", () => {
    expect(api.routes.filter(({ access }) => access === undefined)).toEqual([]);
  });

  test("whatever an operation refuses is documented as a problem", () => {
    for (const { method, url } of routesOf(document)) {
      const operation = document.paths[url]?.[method.toLowerCase()];
      expect(Object.keys(operation?.responses["default"]?.content ?? {}), url).toEqual([
        "application/problem+json",
      ]);
    }
  });

  test("making the document twice gives the same document", async () => {
    expect(await openapiDocument()).toEqual(api.document());
  });
});

describe("not_a_server_error, content_type_conformance, response_schema_conformance", () => {
  test("no value of a parameter or field, however hostile, is answered with anything but what is documented", async () => {
    await fc.assert(
      fc.asyncProperty(hostileRequests(document), async (request) => {
        const answer = await http.inject(request);
        expect(answer.statusCode, answer.payload).toBeLessThan(500);
      }),
      { numRuns: 1_500 },
    );
  }, 120_000);
});

test.each([
  ["POST", "/api/v1/events", { ...event, event_id: "6f0c1a52-0d1c-4a59-9d10-5a6f0c1a520d" }, 202],
  ["POST", "/api/v1/events", [event, { event_id: 1 }], 202],
  [
    "POST",
    "/api/v1/ingest/kubernetes-audit",
    { kind: "EventList", apiVersion: "audit.k8s.io/v1", items: [{ auditID: "1", stage: "Panic" }] },
    202,
  ],
  ["POST", "/api/v1/generator/events", { event_type: "login_failure" }, 202],
  ["POST", "/api/v1/generator/scenarios/brute-force", undefined, 202],
  ["PUT", "/api/v1/generator/rate", { events_per_second: 0 }, 200],
] as const)("%s %s with what it asks for is answered as documented", async (method, url, payload, status) => {
  const headers = payload === undefined ? {} : { "content-type": "application/json" };
  const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
  expect((await http.inject({ method, url, headers, ...body })).statusCode).toBe(status);
});

describe("unsupported_method", () => {
  test.each(["TRACE", "PATCH", "DELETE", "OPTIONS"] as const)(
    "a method that an address does not take, %s, is a 405 that names those it does",
    async (method) => {
      for (const [url, methods] of Object.entries(document.paths)) {
        if (method.toLowerCase() in methods) continue;
        const answer = await http.inject({ method: method as "PATCH", url: url.replaceAll(/\{\w+\}/g, "x") });
        expect([url, answer.statusCode]).toEqual([url, 405]);
        for (const taken of Object.keys(methods))
          expect(String(answer.headers.allow).split(", "), url).toContain(taken.toUpperCase());
      }
    },
  );

  test("HEAD answers as GET does, without the body", async () => {
    for (const [url, { get }] of Object.entries(document.paths)) {
      // What streams has no head to show: its address is taken for that of an alert.
      if (get === undefined || url.includes("{") || /\/(?:stream|export)$/.test(url)) continue;
      const [head, full] = [await http.inject({ method: "HEAD", url }), await http.inject(url)];
      expect([url, head.statusCode, head.payload]).toEqual([url, full.statusCode, ""]);
      expect(head.headers["content-type"]).toBe(full.headers["content-type"]);
    }
  });
});

test("the checked-in document can be checked against", () => {
  expect(() => answerCheck(checkedInDocument())).not.toThrow();
});
