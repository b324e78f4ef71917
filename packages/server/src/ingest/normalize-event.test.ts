import { readFileSync } from "node:fs";
import fc from "fast-check";
import { v5 } from "uuid";
import { describe, expect, test } from "vitest";
import { JsonText } from "../transport/transport.ts";
import { eventIdOf } from "./event-id.ts";
import { type Normalized, toEvent, toRecord } from "./normalize-event.ts";
import { decodeItem } from "./strict-json.ts";
import { wrapRecord } from "./wrap-record.ts";

const sent = {
  event_id: "01890c2e-7b7a-7c3e-9d2f-0242ac120002",
  timestamp: "2025-06-09T10:15:30.123Z",
  source_service: "auth",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "INFO",
  user_id: "alice",
  action_result: "SUCCESS",
};

const receivedAt = "2025-06-09T10:15:31.000Z";

function normalize(text: string): Normalized {
  const item = decodeItem(text);
  if ("fault" in item) return item;
  return toEvent(item, 0, {
    receivedAt,
    source: "http",
    newId: (of, index) => eventIdOf({ source: "http", position: index, text: of }),
  });
}

function normalized(value: object): Record<string, unknown> {
  const outcome = normalize(JSON.stringify(value));
  if ("fault" in outcome) throw new Error(outcome.fault.detail);
  return outcome.event;
}

test("a complete event only gains what intake adds", () => {
  expect(normalized(sent)).toEqual({
    ...sent,
    received_at: receivedAt,
    source: "http",
    logsource: { category: "authentication" },
  });
});

test("unknown top-level fields, details, logsource, source and synthetic are kept", () => {
  const more = {
    ...sent,
    tenant: { id: 7 },
    details: { deep: [1, { a: null }] },
    logsource: { product: "okta" },
    source: "/var/log/x.json",
    synthetic: true,
  };
  expect(normalized(more)).toEqual({ ...more, received_at: receivedAt });
});

describe("whatever is rewritten is kept in raw as it was sent", () => {
  test.each([
    ["an offset", { timestamp: "2025-06-09T12:15:30.123+02:00" }, { timestamp: "2025-06-09T10:15:30.123Z" }],
    ["microseconds", { timestamp: "2025-06-09T10:15:30.123456Z" }, { timestamp: "2025-06-09T10:15:30.123Z" }],
    ["an id in upper case", { event_id: sent.event_id.toUpperCase() }, { event_id: sent.event_id }],
    [
      "a received_at of the sender's",
      { received_at: "2001-01-01T00:00:00.000Z" },
      { received_at: receivedAt },
    ],
  ])("%s", (_name, change, expected) => {
    const event = normalized({ ...sent, ...change });
    expect(event).toMatchObject(expected);
    expect(event.raw).toBe(JSON.stringify({ ...sent, ...change }));
  });

  test("but not when the event brings its own raw, the older original", () => {
    expect(normalized({ ...sent, timestamp: "2025-06-09T10:15:30Z", raw: "the line" }).raw).toBe("the line");
  });
});

test("an offset followed by Z is reported so that it can be counted", () => {
  const outcome = normalize(JSON.stringify({ ...sent, timestamp: "2025-06-09T10:15:30.123456+00:00Z" }));
  expect(outcome).toMatchObject({ legacyTimestamp: true, event: { timestamp: "2025-06-09T10:15:30.123Z" } });
});

describe("golden messages", () => {
  const read = (file: string): string =>
    readFileSync(new URL(`../../../contracts/fixtures/v1/${file}`, import.meta.url), "utf8").trim();

  test("what the first generator sent is an event, and its exact text is kept", () => {
    const text = read("event-from-first-generator.json");
    expect(normalize(text)).toMatchObject({
      legacyTimestamp: true,
      event: {
        event_id: "3f2b8c1e-94a7-4d0b-8a55-6f1f0c9be7d1",
        timestamp: "2025-06-09T10:15:30.123Z",
        logsource: { category: "file_event" },
        details: { resource: "/etc/passwd" },
        raw: text,
      },
    });
  });

  test.each(["event-minimal.json", "event-full.json"])("%s is taken as it is", (file) => {
    const text = read(file);
    expect(normalized(JSON.parse(text))).toMatchObject({ ...JSON.parse(text), received_at: receivedAt });
  });
});

describe("an event that names no logsource gets one from its type", () => {
  test.each([
    ["file_modified", { category: "file_event" }],
    ["file_modification", { category: "file_event" }],
    ["sudo_command", { product: "linux", service: "sudo" }],
    ["api_key_created", { category: "application" }],
    ["constructor", { category: "application" }],
  ])("%s", (event_type, logsource) => {
    expect(normalized({ ...sent, event_type }).logsource).toEqual(logsource);
  });
});

describe("what is no audit event is refused, and every fault has its pointer", () => {
  test.each<[string, unknown, string[]]>([
    ["no object", 7, []],
    ["an array", [[]], []],
    ["no timestamp", { ...sent, timestamp: undefined }, ["/timestamp"]],
    ["a timestamp that is a number", { ...sent, timestamp: 1749464130 }, ["/timestamp"]],
    ["a day that does not exist", { ...sent, timestamp: "2026-02-30T00:00:00Z" }, ["/timestamp"]],
    [
      "no zone and no user",
      { ...sent, timestamp: "2025-06-09T10:15:30", user_id: undefined },
      ["/timestamp", "/user_id"],
    ],
    ["an id that is no UUID", { ...sent, event_id: "7" }, ["/event_id"]],
    ["an id that is null", { ...sent, event_id: null }, ["/event_id"]],
    ["an unknown severity", { ...sent, severity: "info" }, ["/severity"]],
    ["details that are text", { ...sent, details: "x" }, ["/details"]],
    ["an empty host", { ...sent, server_hostname: "" }, ["/server_hostname"]],
    ["a logsource that is text", { ...sent, logsource: "linux" }, ["/logsource"]],
    ["a raw that is no text", { ...sent, raw: 1 }, ["/raw"]],
  ])("%s", (_name, value, pointers) => {
    const outcome = normalize(JSON.stringify(value));
    expect(outcome).toMatchObject({ fault: { code: "invalid_event" } });
    const errors = "fault" in outcome ? outcome.fault.errors : undefined;
    expect(errors?.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

test("any event survives: without raw it is written as it was sent", () => {
  const extra = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(extra, fc.nat(2), (details, space) => {
      const text = JSON.stringify({ ...sent, details }, null, space);
      const outcome = normalize(text);
      if ("fault" in outcome) {
        expect(outcome.fault.code).toBe("unsafe_json");
        return;
      }
      const { raw, received_at: _at, source: _source, logsource: _logsource, ...rest } = outcome.event;
      expect(raw ?? JSON.stringify(rest)).toBe(text);
    }),
  );
});

describe("an id made of an origin", () => {
  test("is the UUIDv5 of it", () => {
    const expected = v5("/var/log/auth.log\x0017\0größe", "61ddfaf6-0db5-5d79-9528-b376eab8d76a");
    expect(eventIdOf({ source: "/var/log/auth.log", position: 17, text: "größe" })).toBe(expected);
  });

  test("differs with source, position and text", () => {
    const origin = { source: "a", position: 1, text: "x" };
    const others = [origin, { ...origin, source: "b" }, { ...origin, position: 2 }, { ...origin, text: "y" }];
    expect(new Set(others.map(eventIdOf)).size).toBe(4);
  });
});

describe("a record of another product is wrapped", () => {
  const wrap = (record: object) => {
    const item = decodeItem(JSON.stringify(record));
    if ("fault" in item) throw new Error(item.fault.detail);
    const logsource = { product: "aws", service: "cloudtrail" };
    const wrapped = wrapRecord(item, { receivedAt, source: "f", position: 0, logsource, timeZone: "UTC" });
    return "event" in wrapped ? wrapped.event : wrapped.fault;
  };

  test("a date that does not exist is refused by name, not replaced by the time of reading", () => {
    expect(wrap({ eventTime: "2026-02-30T00:00:00Z", eventName: "DeleteTrail" })).toMatchObject({
      code: "invalid_event",
      errors: [{ pointer: "/eventTime" }],
    });
  });

  test("a cloud audit record fills the envelope and stays whole in details", () => {
    const record = {
      eventTime: "2023-07-10T12:00:00Z",
      eventName: "DeleteTrail",
      eventSource: "cloudtrail.example.com",
      sourceIPAddress: "192.0.2.7",
      userIdentity: { arn: "arn:aws:iam::1:user/bob" },
      errorCode: "AccessDenied",
    };
    expect(wrap(record)).toMatchObject({
      timestamp: "2023-07-10T12:00:00.000Z",
      event_type: "DeleteTrail",
      source_service: "cloudtrail.example.com",
      client_ip: "192.0.2.7",
      user_id: "arn:aws:iam::1:user/bob",
      action_result: "FAILURE",
      details: record,
      logsource: { product: "aws", service: "cloudtrail" },
    });
  });

  test.each([
    [{ UtcTime: "2020-10-18 19:32:10.123" }, "2020-10-18T19:32:10.123Z"],
    [{ "@timestamp": "2020-10-18T19:32:10.1234567Z" }, "2020-10-18T19:32:10.123Z"],
    [
      { Event: { System: { TimeCreated: { SystemTime: "2020-10-18T19:32:10Z" } } } },
      "2020-10-18T19:32:10.000Z",
    ],
    [{ requestReceivedTimestamp: "2020-10-18T19:32:10.123456Z" }, "2020-10-18T19:32:10.123Z"],
    [{ time: 1603049530 }, "2020-10-18T19:32:10.000Z"],
    [{ time: 1603049530123 }, "2020-10-18T19:32:10.123Z"],
    [{ time: "yesterday" }, receivedAt],
    [{}, receivedAt],
  ])("the time of %j is %s", (record, expected) => {
    expect(wrap(record)).toMatchObject({ timestamp: expected });
  });

  test.each([
    [{ user: { name: "inner" }, "user.name": "flat" }, "flat"],
    [{ username: "less telling", user_id: "more telling" }, "more telling"],
    [{ username: "bob", user_id: "", user: { username: ["", "x"] } }, "bob"],
    [{ user: ["carol", "dave"] }, "carol"],
    [{ user: { username: { deeper: "x" } } }, ""],
    [{ constructor: "x", toString: { name: "y" } }, ""],
  ])(
    "the user of %j is %j: the more telling name that holds a text, a flat key before a path",
    (record, expected) => {
      expect(wrap(record)).toMatchObject({ user_id: expected });
    },
  );

  test("a numeric event id becomes a type of its own", () => {
    expect(wrap({ EventID: 4625, Computer: "dc1", TargetUserName: "eve" })).toMatchObject({
      event_type: "event_4625",
      server_hostname: "dc1",
      user_id: "eve",
    });
  });
});

test("an event that is only passed on reads as if it had been built, faults included", () => {
  const context = { receivedAt, source: "http", newId: () => sent.event_id };
  const usually = (value: unknown, others: readonly unknown[]) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    );
  const changes = fc.record({
    event_id: usually(sent.event_id, [undefined, sent.event_id.toUpperCase(), "no id", 7]),
    timestamp: usually(sent.timestamp, [
      undefined,
      "2025-06-09T10:15:30Z",
      "2025-02-30T10:15:30.123Z",
      "2025-06-09T12:15:30.123+02:00Z",
    ]),
    received_at: usually(undefined, ["2020-01-01T00:00:00.000Z"]),
    source: usually(undefined, ["forwarder", 5, "\u2028"]),
    logsource: usually(undefined, [{ product: "linux" }, { product: "" }]),
    event_type: usually(sent.event_type, ["sudo_command", "", 'quote " and \\']),
    raw: usually(undefined, ["older text", null]),
    details: usually(undefined, [{}, { a: [1.5, "é"] }, { b: "\ud800" }]),
  });
  let texts = 0;
  fc.assert(
    fc.property(changes, fc.nat(1), (change, space) => {
      const item = decodeItem(JSON.stringify({ ...sent, ...change }, null, space));
      if ("fault" in item) return;
      const built = toEvent(item, 0, context);
      const passed = toRecord(item, 0, context);
      if ("fault" in built || "fault" in passed) expect(passed).toEqual(built);
      else {
        if (passed.record instanceof JsonText) texts += 1;
        expect(JSON.stringify(passed.record)).toBe(JSON.stringify(built.event));
        expect(passed.eventId).toBe(built.event.event_id);
        expect(passed.legacyTimestamp).toBe(built.legacyTimestamp);
      }
    }),
    { numRuns: 1000 },
  );
  expect(texts).toBeGreaterThan(20);
});
