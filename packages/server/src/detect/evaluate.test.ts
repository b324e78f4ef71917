import type { AuditEvent } from "@auditflow/contracts";
import { loadRules } from "@auditflow/sigma";
import { expect, test } from "vitest";
import { createEvaluator } from "./evaluate.ts";

const event: AuditEvent = {
  event_id: "00000000-0000-4000-8000-0000000000dd",
  timestamp: "2026-01-01T00:00:00.000Z",
  source_service: "aaa",
  server_hostname: "router-1",
  event_type: "record",
  severity: "INFO",
  user_id: "alice",
  action_result: "",
  logsource: { product: "cisco", service: "aaa" },
  details: { cmd: "show version", nested: { note: "nothing" } },
  raw: '{"cmd": "show version", "nested": {"note": "nothing"}}',
};

function matches(detection: string, changes: Partial<AuditEvent> = {}): boolean {
  const text = `title: T\nlogsource: { product: cisco }\ndetection:\n  s: ${detection}\n  condition: s\n`;
  return createEvaluator(loadRules([{ file: "t.yml", text }])).evaluate({ ...event, ...changes }).length > 0;
}

test.each<[string, string, Partial<AuditEvent>, boolean]>([
  ["keywords search the values of the record", "[nothing]", {}, true],
  ["keywords search what the envelope says of the record", "[alice]", {}, true],
  ["keywords do not search the name of the source", "[aaa]", {}, false],
  ["keywords do not search ids and times", "[00dd, '2026-']", {}, false],
  ["keywords do not search a severity that intake gave", "[info]", {}, false],
  ["keywords do not search names of fields, also where the JSON text is kept", "[nested]", {}, false],
  ["keywords search the line as it was written", "[sequence]", { raw: "a line with a sequence" }, true],
  ["a field is looked up in the details first", "{ cmd: show version }", {}, true],
  ["a field that the details lack is looked up in the envelope", "{ user_id: alice }", {}, true],
  [
    "what the details have of a name, the envelope does not change",
    "{ user_id: bob }",
    { details: { user_id: "bob" } },
    true,
  ],
])("%s", (_claim, detection, changes, expected) => {
  expect(matches(detection, changes)).toBe(expected);
});
