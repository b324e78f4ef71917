import {
  type AuditEvent,
  type ErrorCode,
  legacyEventsQueue,
  type QuarantinedRecord,
} from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RabbitmqPlace, rabbitmqPlace } from "../../testing/rabbitmq-place.ts";
import { until } from "../../testing/until.ts";
import { rabbitmqTransport } from "../transport/rabbitmq.ts";
import type { Transport } from "../transport/transport.ts";
import { drainLegacyQueue } from "./legacy-queue.ts";

const clock = { now: () => Date.now() };
const origin = { topic: legacyEventsQueue, group: "audit-event-gateway" };

let place: RabbitmqPlace;
let transport: Transport;
let told: { accepted: number; legacy: number; rejected: ErrorCode[] };
let events: AuditEvent[];
let refused: QuarantinedRecord[];

beforeEach(async () => {
  place = await rabbitmqPlace(["audit-event-gateway"]);
  transport = rabbitmqTransport({ url: place.url, prefix: place.prefix, clock });
  told = { accepted: 0, legacy: 0, rejected: [] };
  events = collect("events", "audit-log-analysis");
  refused = collect("quarantine", "notification-service");
  drainLegacyQueue({
    transport,
    clock,
    observe: {
      received: () => undefined,
      accepted: (n) => {
        told.accepted += n;
      },
      rejected: (code, n) => {
        told.rejected.push(...Array<ErrorCode>(n).fill(code));
      },
      legacyTimestamps: (n) => {
        told.legacy += n;
      },
    },
  });
  const isDrained = () =>
    place.ask(async (channel) => (await channel.checkQueue(place.names.queue(origin))).consumerCount === 1);
  await until(() => isDrained().catch(() => false), "the old queue has its consumer");
});

afterEach(async () => {
  await transport.stop();
  await place.remove();
});

function collect<T>(topic: "events" | "quarantine", group: string): T[] {
  const got: T[] = [];
  transport.subscribe({
    topic,
    group,
    handler: async ({ records }) => {
      got.push(...(records as T[]));
      return records.map(() => "ack");
    },
  });
  return got;
}

async function send(...bodies: (string | Buffer)[]): Promise<void> {
  await place.ask(async (channel) => {
    for (const body of bodies) channel.sendToQueue(place.names.queue(origin), Buffer.from(body as string));
  });
}

const id = "01890c2e-7b7a-7c3e-9d2f-0242ac120002";
const old =
  `{"event_id": "${id}", "timestamp": "2025-06-09T10:15:30.123456+00:00Z", "source_service": "auth", ` +
  '"server_hostname": "web-1", "event_type": "user_login", "severity": "INFO", "user_id": "alice", ' +
  '"action_result": "FAILURE", "details": {"resource": "/login"}}';

describe("what the first AuditFlow publishes", { timeout: 30_000 }, () => {
  test("becomes an event with its id, its time in the one form, and its exact text", async () => {
    await send(old);
    await until(() => events.length === 1, "the event comes");
    expect(events[0]).toMatchObject({
      event_id: id,
      timestamp: "2025-06-09T10:15:30.123Z",
      logsource: { category: "authentication" },
      source: "amqp:audit_events",
      raw: old,
    });
    expect(told).toEqual({ accepted: 1, legacy: 1, rejected: [] });
  });

  test("keeps its id when it is delivered again", async () => {
    await send(old, old);
    await until(() => events.length === 2, "both come");
    expect(events.map(({ event_id }) => event_id)).toEqual([id, id]);
  });

  test("goes to quarantine when it is no event, with the reason and what was sent", async () => {
    const invalid = '{"event_id":"x"}';
    const unsafe = '{"a": 1, "a": 2}';
    const bytes = Buffer.from([0x7b, 0xff, 0x7d]);
    await send(invalid, unsafe, bytes, "{'python': None}", old);
    await until(() => refused.length === 4 && events.length === 1, "four are refused and one comes");
    const found = (code: ErrorCode) => refused.find((record) => record.code === code);
    expect(found("invalid_event")).toMatchObject({
      body: invalid,
      reason: expect.stringContaining("/timestamp"),
    });
    expect(Buffer.from(found("unsafe_json")!.body, "base64").toString()).toBe(unsafe);
    expect(Buffer.from(found("invalid_utf8")!.body, "base64")).toEqual(bytes);
    expect(found("malformed_json")?.reason).toContain("Line 1, column 2");
    expect(told.rejected.toSorted()).toEqual([
      "invalid_event",
      "invalid_utf8",
      "malformed_json",
      "unsafe_json",
    ]);
  });

  test("in an array harms no neighbour", async () => {
    await send(`[${old},{"a":1,"a":2},7]`);
    await until(() => refused.length === 2 && events.length === 1, "two are refused and one comes");
    expect(Object.fromEntries(refused.map(({ code, body }) => [code, body]))).toEqual({
      invalid_event: "7",
      unsafe_json: JSON.stringify('{"a":1,"a":2}'),
    });
  });
});
