import type { ReloadedReplica, RuleFault, RuleReplica } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { agreementOf, faultCount, meanwhile, placeOf, reloadTold, toldFaults } from "./rule-set-state.ts";

const fault: RuleFault = { file: "/r/b.yml", line: 3, column: 5, field: "detection", message: "missing" };

function replica(instance: string, more: Partial<RuleReplica> = {}): RuleReplica {
  const state = { version: "5c0e9f21", since: "2026-03-01T12:00:00.000Z", rules: 13, refused: false };
  const problems = more.problems ?? [];
  return { instance, ...state, problems, problem_count: problems.length, suspended: [], ...more };
}

const reloaded = (instance: string, outcome: ReloadedReplica["outcome"]): ReloadedReplica => ({
  ...replica(instance),
  outcome,
});

test("replicas with one version agree, since the last of them had it", () => {
  const later = "2026-03-01T12:00:09.000Z";
  expect(agreementOf([replica("a", { since: later }), replica("b")])).toEqual({
    ...{ kind: "same", version: "5c0e9f21", rules: 13, since: later, replicas: 2 },
  });
  expect(agreementOf([replica("a"), replica("b", { version: "00000000" })])).toMatchObject({
    ...{ kind: "different", versions: 2 },
  });
  expect(agreementOf([])).toEqual({ kind: "unknown" });
});

test("a fault that several replicas tell is one, and says where it is not told", () => {
  const other = { ...fault, file: "/r/a.yml" };
  const both = [replica("a", { problems: [fault] }), replica("b", { problems: [fault, other] })];
  expect(toldFaults(both)).toEqual([
    { fault: other, instances: ["b"], everywhere: false },
    { fault, instances: ["a", "b"], everywhere: true },
  ]);
  expect(faultCount(both)).toBe(2);
  expect(faultCount([replica("a", { problems: [fault], problem_count: 240 })])).toBe(240);
});

test("what holds meanwhile depends on whether the set was refused", () => {
  const kept = replica("a", { problems: [fault], refused: true });
  const first = replica("b", { problems: [fault] });
  expect(meanwhile([kept])).toContain("The set from before stays in force");
  expect(meanwhile([first])).toContain("All other rules are in force");
  expect(meanwhile([kept, first])).toContain("Some replicas");
});

test("a place ends where nothing more is known", () => {
  expect(placeOf(fault)).toBe("/r/b.yml:3:5");
  expect(placeOf({ ...fault, column: 0 })).toBe("/r/b.yml:3");
  expect(placeOf({ ...fault, line: 0 })).toBe("/r/b.yml");
});

test("a reload is told in one sentence unless replicas differ or are silent", () => {
  const same = reloadTold({ replicas: [reloaded("a", "complete"), reloaded("b", "complete")], silent: [] });
  expect(same).toMatchObject({ good: true, lines: [] });
  const mixed = reloadTold({ replicas: [reloaded("a", "complete"), reloaded("b", "refused")], silent: [] });
  expect(mixed).toMatchObject({ good: false, title: "Not the same in all replicas" });
  expect(mixed.lines).toHaveLength(2);
  const silent = [{ services: ["audit-log-analysis" as const], instance: "c", reason: "no answer in 2 s" }];
  expect(reloadTold({ replicas: [reloaded("a", "unchanged")], silent })).toMatchObject({
    ...{ good: false, lines: ["c did not answer: no answer in 2 s"] },
  });
  expect(reloadTold({ replicas: [], silent }).title).toBe("No process of detection answered");
});
