import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";
import { expect, test } from "vitest";
import { eventId, start } from "../../testing/correlation.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { memoryWindows } from "../windows/memory.ts";
import { createAnalyser } from "./analyser.ts";
import { loadSources } from "./load-sources.ts";
import { ruleCounts } from "./rule-counts.ts";

const rule = (id: number, value = "x"): string => `title: Rule ${id}
id: 00000000-0000-4000-8000-00000000000${id}
logsource: { category: test }
detection: { selection: { event_type: ${value} }, condition: selection }
`;
const load = async (...texts: string[]) =>
  (await loadSources(texts.map((text, n) => ({ file: `${n}.yml`, text })))).rules;
const alert = (rule_id: string, revision: number) => ({ revision, analysis_rule: { rule_id } }) as Alert;

test("only what was counted is told, and of that only what is not 0", async () => {
  const rules = await load(rule(1), rule(2));
  const counts = ruleCounts(rules);
  counts.of(rules[1]!).matches += 3;
  counts.of(rules[1]!).late += 1;
  expect(counts.tallies()).toEqual([{ rule_id: rules[1]!.id, matches: 3, late: 1 }]);
});

test("an alert that grows is one alert", async () => {
  const [one] = await load(rule(1));
  const counts = ruleCounts([one!]);
  counts.published([alert(one!.id, 1), alert(one!.id, 2), alert("another", 1)]);
  expect(counts.tallies()).toEqual([{ rule_id: one!.id, alerts: 1 }]);
});

test("a rule that is changed counts on, also what is under way with its text from before; one that is gone is forgotten", async () => {
  const [before, gone] = await load(rule(1), rule(2));
  const counts = ruleCounts([before!, gone!]);
  counts.of(before!).matches += 1;
  counts.of(gone!).matches += 1;
  const [after] = await load(rule(1, "y"));
  counts.use([after!]);
  counts.of(after!).matches += 1;
  counts.of(before!).matches += 1;
  counts.of(gone!).matches += 1;
  expect(counts.tallies()).toEqual([{ rule_id: after!.id, matches: 3 }]);
});

test("what reaches a rule is counted, be it a match or a firing of a correlation that it counts", async () => {
  const correlation = (name: string, counted: string): string => `title: ${name}
name: ${name}
correlation: { type: event_count, rules: [${counted}], group-by: [user_id], timespan: 1m, condition: { gte: 2 } }
`;
  const rules = await loadSources([
    { file: "a.yml", text: `name: one\n${rule(1)}` },
    { file: "b.yml", text: correlation("inner", "one") },
    { file: "c.yml", text: correlation("outer", "inner") },
  ]);
  const clock = { now: () => start };
  const counts = ruleCounts(rules.rules);
  const onHit = (hit: { readonly rule: SigmaRule }): void => {
    counts.of(hit.rule).matches += 1;
  };
  const analyser = createAnalyser({ rules, clock, onHit, windows: memoryWindows({ clock }) });
  await analyser.take([1, 2, 3, 4].map((n) => eventOf(n)));
  const told = new Map(counts.tallies().map(({ rule_id, matches }) => [rule_id, matches]));
  expect(rules.rules.map(({ id }) => told.get(id))).toEqual([undefined, 4, 3]);
});

function eventOf(n: number): AuditEvent {
  const timestamp = formatTimestamp(start + n);
  return {
    ...{ event_id: eventId(n), timestamp, received_at: timestamp, source_service: "s", server_hostname: "h" },
    ...{
      event_type: "x",
      severity: "INFO",
      user_id: "u",
      action_result: "a",
      logsource: { category: "test" },
    },
  };
}
