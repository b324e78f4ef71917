import { AuditFlowError, type ErrorCode, type Topic } from "@auditflow/contracts";
import Fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { memoryTransport } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { startGateway } from "./gateway.ts";

const clock = { now: () => Date.parse("2025-06-09T10:15:31.000Z") };

const event = {
  event_id: "01890c2e-7b7a-7c3e-9d2f-0242ac120002",
  timestamp: "2025-06-09T10:15:30.123Z",
  source_service: "auth",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "INFO",
  user_id: "alice",
  action_result: "SUCCESS",
};

const { event_id: _id, ...withoutId } = event;

interface Harness {
  readonly http: FastifyInstance;
  readonly transport: Transport;
  readonly gateway: { stop(): Promise<void> };
  readonly told: {
    received: number;
    accepted: number;
    legacy: number;
    rejected: Partial<Record<ErrorCode, number>>;
  };
  post(body: string | Buffer, type?: string, headers?: Record<string, string>): ReturnType<typeof postTo>;
  received(topic: Topic): unknown[];
}

function start(transport: Transport = memoryTransport({ clock })): Harness {
  const http = Fastify({ bodyLimit: 5 * 1024 * 1024 });
  // The server of the product makes problems of them; here they are only to be seen.
  http.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof AuditFlowError)) return reply.send(error);
    const { status, code, retryable, faults } = error;
    return reply.code(status).send({ status, code, retryable, errors: faults });
  });
  http.post("/echo", (request) => request.body);
  const told: Harness["told"] = { received: 0, accepted: 0, legacy: 0, rejected: {} };
  const observe = {
    received: (n: number) => {
      told.received += n;
    },
    accepted: (n: number) => {
      told.accepted += n;
    },
    rejected: (code: ErrorCode, n: number) => {
      told.rejected[code] = (told.rejected[code] ?? 0) + n;
    },
    legacyTimestamps: (n: number) => {
      told.legacy += n;
    },
  };
  const gateway = startGateway({ http, transport, clock, log: pino({ level: "silent" }), observe });
  onTestFinished(async () => {
    await gateway.stop();
    await http.close();
    await transport.stop();
  });
  return {
    http,
    transport,
    gateway,
    told,
    post: (body, type, headers) =>
      postTo(http, body, { "content-type": type ?? "application/json", ...headers }),
    received: (topic) => collect(transport, topic),
  };
}

function postTo(http: FastifyInstance, body: string | Buffer, headers: Record<string, string>) {
  return http.inject({ method: "POST", url: "/api/v1/events", body, headers });
}

function collect(transport: Transport, topic: Topic): unknown[] {
  const seen: unknown[] = [];
  const group = topic === "events" ? "audit-log-analysis" : "notification-service";
  transport.subscribe({
    topic,
    group,
    handler: async ({ records }) => {
      seen.push(...records);
      return records.map(() => "ack");
    },
  });
  return seen;
}

/** The same transport with another way to publish: the outside world in trouble. */
function publishingWith(publish: Transport["publish"]): Transport {
  const inner = memoryTransport({ clock });
  return {
    publish,
    subscribe: (options) => inner.subscribe(options),
    backlog: (topic) => inner.backlog(topic),
    health: () => inner.health(),
    stop: () => inner.stop(),
  };
}

describe("what is accepted is with the transport", () => {
  test("one event", async () => {
    const { post, received, told } = start();
    const events = received("events");
    const answer = await post(JSON.stringify(event));
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { accepted: 1, rejected: 0, items: [{ index: 0, status: "accepted", event_id: event.event_id }] },
    ]);
    await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(events[0]).toEqual({
      ...event,
      received_at: "2025-06-09T10:15:31.000Z",
      source: "http",
      logsource: { category: "authentication" },
    });
    expect(told).toEqual({ received: 1, accepted: 1, legacy: 0, rejected: {} });
  });

  test("the good ones of a batch, and each bad one is told with its reason", async () => {
    const { post, told } = start();
    const bad = JSON.stringify({ ...event, severity: "x" });
    const answer = await post(`[${JSON.stringify(event)},${bad},{"a":1,"a":2}]`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      accepted: 1,
      rejected: 2,
      items: [
        { index: 0, status: "accepted" },
        { index: 1, status: "rejected", code: "invalid_event", errors: [{ pointer: "/severity" }] },
        { index: 2, status: "rejected", code: "unsafe_json", errors: [{ pointer: "/a" }] },
      ],
    });
    expect(told.rejected).toEqual({ invalid_event: 1, unsafe_json: 1 });
  });

  test("lines among which one is broken, which is named by its line", async () => {
    const { post } = start();
    const body = `${JSON.stringify(event)}\n{"event_id":\n${JSON.stringify(event)}\n`;
    const answer = await post(body, "application/x-ndjson");
    expect(answer.statusCode).toBe(202);
    expect(answer.json().items[1]).toMatchObject({
      code: "malformed_json",
      detail: expect.stringContaining("Line 2"),
    });
  });

  test("a legacy timestamp is counted", async () => {
    const { post, told } = start();
    await post(JSON.stringify({ ...event, timestamp: "2025-06-09T10:15:30.123456+00:00Z" }));
    expect(told.legacy).toBe(1);
  });

  test("an event without an id gets one that is the same when the request is sent again", async () => {
    const { post } = start();
    const body = JSON.stringify([withoutId, withoutId]);
    const ids = async () =>
      (await post(body)).json().items.map((item: { event_id: string }) => item.event_id);
    const first = await ids();
    expect(await ids()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });
});

describe("a request of which nothing is accepted is refused with the reason", () => {
  test.each<[string, string | Buffer, number, ErrorCode]>([
    ["an event with a fault", JSON.stringify({ ...event, severity: "x" }), 422, "invalid_event"],
    ["JSON that would change", '{"a":1,"a":2}', 422, "unsafe_json"],
    ["no JSON", "{", 400, "malformed_json"],
    ["an empty body", "", 400, "malformed_json"],
    ["an empty array", "[]", 400, "malformed_json"],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400, "invalid_utf8"],
    ["10,001 events", JSON.stringify(Array(10_001).fill(event)), 413, "too_large"],
    [
      "an event over 256 KiB",
      JSON.stringify({ ...event, details: { a: "x".repeat(256 * 1024) } }),
      413,
      "too_large",
    ],
    ["a body over 4 MiB", `[${" ".repeat(4 * 1024 * 1024)}]`, 413, "too_large"],
    ["a hundred thousand levels", "[".repeat(100_000) + "]".repeat(100_000), 422, "unsafe_json"],
  ])("%s", async (_name, body, status, code) => {
    const { post, told, received } = start();
    const events = received("events");
    const answer = await post(body);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status, code });
    expect(told).toEqual({ received: 1, accepted: 0, legacy: 0, rejected: { [code]: 1 } });
    expect(events).toEqual([]);
  });

  test("pointers lead to each fault in the body", async () => {
    const { post } = start();
    const bad = { ...event, severity: "x", timestamp: "2026-02-30T00:00:00Z" };
    const pointers = async (body: unknown): Promise<unknown> =>
      (await post(JSON.stringify(body))).json().errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(await pointers(bad)).toEqual(["/timestamp", "/severity"]);
    expect(await pointers([bad, 7])).toEqual(["/0/timestamp", "/0/severity", "/1"]);
  });

  test.each(["text/plain", "application/xml", "application/jsonp"])("the type %s", async (type) => {
    const answer = await start().post(JSON.stringify(event), type);
    expect(answer.statusCode).toBe(415);
  });

  test("a compressed body", async () => {
    const answer = await start().post("x", "application/json", { "content-encoding": "gzip" });
    expect([answer.statusCode, answer.json().code]).toEqual([415, "unsupported_media_type"]);
  });
});

describe("trouble outside", () => {
  test("a transport that is down is 503 and worth another try, and nothing counts as accepted", async () => {
    const down = publishingWith(async () => {
      throw new AuditFlowError("transport_unavailable", "The broker does not answer");
    });
    const { post, told } = start(down);
    const answer = await post(JSON.stringify(event));
    expect([answer.statusCode, answer.json().code]).toEqual([503, "transport_unavailable"]);
    expect(answer.json().retryable).toBe(true);
    expect(told.accepted).toBe(0);
  });

  test("while stopping new requests are told to come back, and the one in hand is finished", async () => {
    const gate = Promise.withResolvers<void>();
    const published = Promise.withResolvers<void>();
    const { post, gateway } = start(
      publishingWith(() => {
        published.resolve();
        return gate.promise;
      }),
    );
    const inHand = post(JSON.stringify(event));
    await published.promise;
    let stopped = false;
    const stopping = gateway.stop().then(() => {
      stopped = true;
    });
    const refused = await post(JSON.stringify(event));
    expect([refused.statusCode, refused.json().code]).toEqual([503, "draining"]);
    expect(stopped).toBe(false);
    gate.resolve();
    expect((await inHand).statusCode).toBe(202);
    await stopping;
  });
});

test("other routes keep their own body parser", async () => {
  const { http } = start();
  const answer = await http.inject({ method: "POST", url: "/echo", payload: { a: 1 } });
  expect(answer.json()).toEqual({ a: 1 });
});
