import { AuditEvent, AuditFlowError } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { completeGiven } from "./given-event.ts";

const now = Date.parse("2026-01-15T09:00:00.000Z");

function refusal(given: unknown): AuditFlowError {
  try {
    completeGiven(given, now);
  } catch (error) {
    if (error instanceof AuditFlowError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

test.each([
  "user_login",
  "sudo_command",
  "file_modified",
  "service_status_change",
  "user_account_management",
  "badge_swiped",
])("an event of which only the type %s is given becomes a valid one", (event_type) => {
  const event = completeGiven({ event_type }, now);
  const validate = new Ajv().compile(AuditEvent);
  expect(validate(event), JSON.stringify(validate.errors)).toBe(true);
  expect(event).toMatchObject({
    timestamp: "2026-01-15T09:00:00.000Z",
    source_service: "audit-event-generator",
    source: "generator",
    synthetic: true,
  });
});

test("what is given stays, fields that nobody knows too", () => {
  const given = {
    event_type: "user_login",
    event_id: "5F0C6C1E-3A55-4C8E-9D57-0F6A0C2B7E11",
    timestamp: "2025-12-31T23:59:59.999Z",
    source_service: "door",
    server_hostname: "gate-1",
    severity: "CRITICAL",
    user_id: "eve",
    action_result: "FAILURE",
    logsource: { product: "windows" },
    badge: { number: 7 },
  };
  expect(completeGiven(given, now)).toEqual({
    ...given,
    event_id: given.event_id.toLowerCase(),
    received_at: "2026-01-15T09:00:00.000Z",
    source: "generator",
    synthetic: true,
  });
});

test("nobody can give out an event as a real one, or as received before", () => {
  const given = {
    event_type: "x",
    synthetic: false,
    source: "http",
    received_at: "2020-01-01T00:00:00.000Z",
  };
  expect(completeGiven(given, now)).toMatchObject({
    synthetic: true,
    source: "generator",
    received_at: "2026-01-15T09:00:00.000Z",
  });
});

describe("a refusal names each field", () => {
  test.each([
    [{ user_id: "eve" }, ["/event_type"]],
    [{ event_type: 5 }, ["/event_type"]],
    [{ event_type: "x", severity: "BAD", details: [] }, ["/severity", "/details"]],
    [{ event_type: "x", severity: null }, ["/severity"]],
    [{ event_type: "x", event_id: "7" }, ["/event_id"]],
    [{ event_type: "x", timestamp: "2026-02-30T00:00:00.000Z" }, ["/timestamp"]],
    [{ event_type: "x", timestamp: "2026-02-28T25:00:00.000Z" }, ["/timestamp"]],
    [{ event_type: "x", timestamp: "yesterday" }, ["/timestamp"]],
  ])("%j", (given, pointers) => {
    const { code, faults } = refusal(given);
    expect([code, faults.map(({ pointer }) => pointer).toSorted()]).toEqual([
      "invalid_event",
      pointers.toSorted(),
    ]);
  });

  test.each([[undefined], [null], ["user_login"], [[{ event_type: "x" }]]])("%j is no object", (given) => {
    expect(refusal(given).code).toBe("invalid_event");
  });
});

describe("what a store could not keep as it is is refused", () => {
  const deep: Record<string, unknown> = {};
  let inner = deep;
  for (let depth = 0; depth < 100; depth += 1) inner = inner.a = {};
  test.each([
    ["NUL", { user_id: "a\0b" }, "/user_id"],
    ["half of a pair", { details: { "a/b": ["\ud800"] } }, "/details/a~1b/0"],
    ["a key with NUL", { details: { "\0": 1 } }, "/details"],
    ["an integer beyond 2^53", { details: { n: 2 ** 53 } }, "/details/n"],
    ["too deep nesting", { details: deep }, `/details${"/a".repeat(63)}`],
  ])("%s", (_what, fields, pointer) => {
    const { code, faults } = refusal({ event_type: "x", ...fields });
    expect([code, faults.map((fault) => fault.pointer)]).toEqual(["unsafe_json", [pointer]]);
  });
});
