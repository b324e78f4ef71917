import type { AuditEvent } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { loadSources } from "../detect/load-sources.ts";
import { documentsOf } from "./rules-paths.ts";
import { itemText } from "./rules-selection.ts";
import { verdictOf } from "./rules-verdict.ts";

const texts = new Map([
  [
    "rule.yml",
    `title: Everything
id: 11111111-1111-4111-8111-111111111111
logsource: { product: x }
detection:
  words: [alpha, beta]
  both: { "|all": [alpha, gamma] }
  maps: [{ user: root, host: a }, { user|neq: root }]
  nothing: { missing: null }
  table: { host|contains|expand: "%hosts%" }
  path: { a.b|gt: 3 }
  rules: { user|re: "^r(oo)t$" }
  condition: words and not both
`,
  ],
  ["table.yml", "placeholders: { hosts: [web, db] }"],
  [
    "filter.yml",
    `title: Less
logsource: { product: x }
filter: { rules: [11111111-1111-4111-8111-111111111111], quiet: { user: root }, condition: not quiet }
`,
  ],
]);

const event: AuditEvent = {
  ...{ event_id: "00000000-0000-4000-8000-000000000001", timestamp: "2026-01-01T00:00:00.000Z" },
  ...{
    source_service: "s",
    server_hostname: "h",
    event_type: "x",
    severity: "INFO",
    user_id: "",
    action_result: "",
  },
  logsource: { product: "x" },
  details: { user: "root", host: "db-1", text: "an alpha", a: { b: 4 } },
};

test("each item of each selection is judged as the rule judges it, and filters likewise", async () => {
  const set = await loadSources([...texts].map(([file, text]) => ({ file, text })));
  expect(set.problems).toEqual([]);
  const verdict = verdictOf(set.rules[0]!, event, { set, documents: documentsOf(texts) })!;
  const told = verdict.parts.map(({ filter, selections }) => [
    filter,
    Object.fromEntries(selections.map(({ name, lines }) => [name, lines.map(({ holds }) => holds)])),
  ]);
  expect(told).toEqual([
    [
      null,
      {
        words: [true],
        both: [false],
        // Any of: both items of the first map, the one of the second.
        maps: [false, false, true, false, false],
        ...{ nothing: [true], table: [true], path: [true], rules: [true] },
      },
    ],
    ["Less", { quiet: [true] }],
  ]);
  expect(verdict).toMatchObject({ matches: false, elsewhere: null, reasons: [] });
  const other = { ...event, details: { ...event.details, user: "alice" }, logsource: { product: "y" } };
  expect(verdictOf(set.rules[0]!, other, { set, documents: documentsOf(texts) })).toMatchObject({
    ...{ matches: false, elsewhere: "product=y" },
  });
});

test.each([
  ["user", "root", 'user is "root"'],
  ["cmd|contains|all", ["a", "b"], 'cmd contains "a" and "b"'],
  ["cmd|endswith|cased", "x", 'cmd ends with "x" (cased)'],
  ["ip|cidr|neq", ["10.0.0.0/8"], 'not: ip is in the network "10.0.0.0/8"'],
  ["a.b|gte", 3, "a.b >= 3"],
  ["f|exists", false, "f exists: false"],
  ["f", null, "f is null"],
  ["", ["a", "b"], 'any value of the record has "a" or "b"'],
  ["f", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "f is 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 2 more"],
])("%s: %j is told as a sentence", (key, value, text) => {
  expect(itemText(key, value)).toBe(text);
});
