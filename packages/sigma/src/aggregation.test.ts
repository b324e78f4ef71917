import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { loadRules } from "./load.ts";
import type { CorrelationRule } from "./rule.ts";

const old = `title: Old, and it counts
logsource: { product: windows, service: security, definition: audit }
detection:
  selection: { EventID: 4625, TargetUserName|endswith: $ }
  other:
    - { EventID: 4738, Note: 'a: "b" # c' }
    - { EventID: [1, 2] }
  third: [keyword, 'a*b']
  timeframe: 24h
  condition: selection
level: high
`;

/** Repairs the rule exactly as the message says, and loads it with the documents that the message shows. */
function repaired(condition: string, text = old) {
  const written = text.replace("condition: selection", `condition: ${JSON.stringify(condition)}`);
  const { problems, rules } = loadRules([{ file: "old.yml", text: written }]);
  expect(rules).toEqual([]);
  expect(problems.map(({ field }) => field)).toEqual(["detection.condition"]);
  const { message } = problems[0]!;
  const document = parseDocument(written);
  const [, kept = ""] = /make this condition "(.*?)",/.exec(message) ?? [];
  document.setIn(["detection", "condition"], kept);
  if (message.includes("drop timeframe")) document.deleteIn(["detection", "timeframe"]);
  const [, name] = /give this rule the name (\w+)/.exec(message) ?? [];
  if (name !== undefined) document.set("name", name);
  const shown = message.slice(message.indexOf("\n---\n"));
  const set = loadRules([{ file: "new.yml", text: `${String(document)}${shown}\n` }]);
  expect(set.problems, message).toEqual([]);
  const rule = set.rules.at(-1) as CorrelationRule;
  const names = rule.rules.map((id) => set.rules.find((other) => other.id === id)?.name);
  return { message, kept, set, rule, names };
}

test.each([
  [
    "selection | count() by TargetUserName > 10",
    { type: "event_count", groupBy: ["TargetUserName"], condition: { gt: 10 } },
  ],
  ["selection | count() by a, b >= 3", { type: "event_count", groupBy: ["a", "b"], condition: { gte: 3 } }],
  ["selection | count() by a,b.c,cs-host > 5", { groupBy: ["a", "b.c", "cs-host"] }],
  ["selection | count() > 5", { type: "event_count", groupBy: [], condition: { gt: 5 } }],
  ["selection|count()>5", { type: "event_count", condition: { gt: 5 } }],
  ["selection | count( ) < 5", { condition: { lt: 5 } }],
  ["selection | count() == 5", { condition: { eq: 5 } }],
  ["selection | count() != 5", { condition: { neq: 5 } }],
  ["selection | COUNT() BY a <= 5", { groupBy: ["a"], condition: { lte: 5 } }],
  [
    "selection | count(IpAddress) by User > 3",
    { type: "value_count", groupBy: ["User"], condition: { field: ["IpAddress"], gt: 3 } },
  ],
  ["selection | count(a, b) = 3", { type: "value_count", condition: { field: ["a", "b"], eq: 3 } }],
  [
    "selection | sum(bytes) by src_ip > 1000.5",
    { type: "value_sum", groupBy: ["src_ip"], condition: { field: ["bytes"], gt: 1000.5 } },
  ],
  ["selection | avg(bytes) by src_ip < 100", { type: "value_avg", condition: { field: ["bytes"], lt: 100 } }],
  [
    "selection | min(ms) by host > 9",
    { type: "value_percentile", condition: { field: ["ms"], percentile: 0, gt: 9 } },
  ],
  [
    "selection | max(ms) by host > 9",
    { type: "value_percentile", condition: { field: ["ms"], percentile: 100, gt: 9 } },
  ],
])("%s becomes a correlation that says the same", (condition, expected) => {
  const { rule, names, kept } = repaired(condition);
  expect(rule).toMatchObject({ kind: "correlation", timespan: 86_400_000, level: "high", ...expected });
  expect(names).toEqual(["old_and_it_counts"]);
  expect(kept).toBe("selection");
});

test.each([
  ["selection | near other", ["old_and_it_counts", "old_and_it_counts_other"], undefined],
  [
    "selection | near other and third",
    ["old_and_it_counts", "old_and_it_counts_other", "old_and_it_counts_third"],
    undefined,
  ],
  ["(selection and not third) | near ( other )", ["old_and_it_counts", "old_and_it_counts_other"], undefined],
  [
    "selection | near other and not third",
    ["old_and_it_counts", "old_and_it_counts_other", "old_and_it_counts_third"],
    "and",
  ],
])("%s becomes a rule for each selection and a temporal correlation over them", (condition, names, kind) => {
  const made = repaired(condition);
  expect(made.rule).toMatchObject({ type: "temporal", timespan: 86_400_000 });
  expect(made.names).toEqual(names);
  expect(made.rule.expression?.kind).toBe(kind);
});

test("what is shown takes the rule's own name, and its timespan is to be chosen where there is no time frame", () => {
  const named = old.replace("title:", "name: failed_logins\ntitle:").replace("  timeframe: 24h\n", "");
  const { message, names } = repaired("selection | count() by a > 5", named);
  expect(names).toEqual(["failed_logins"]);
  expect(message).not.toContain("give this rule");
  expect(message).not.toContain("timeframe");
  expect(message).toContain("choose a timespan, and add\n---\n");
});

test("an aggregation that Sigma 1 had not is refused with one that loads too", () => {
  const { rule } = repaired("selection | stats dc(x) by y");
  expect(rule).toMatchObject({ type: "event_count", condition: { gte: 10 } });
});

test("each condition of a list is told, and so are the other faults of the rule", () => {
  const text = old
    .replace("condition: selection", "condition: [selection, selection | count() > 5]")
    .replace("EventID: 4625", "EventID|liek: 4625");
  const { problems } = loadRules([{ file: "old.yml", text }]);
  expect(problems.map(({ field }) => field)).toEqual([
    "detection.condition.1",
    "detection.selection.EventID|liek",
  ]);
});
