import type { ListedRule, RuleList } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { inOrderOf, kindWords, ruleRows, shownRows } from "./rule-rows.ts";

const none = { matches: 0, alerts: 0, late: 0, skipped: 0, duplicates: 0, suppressed: 0 };

function listed(rule_id: string, more: Partial<ListedRule> = {}): ListedRule {
  return {
    ...{ rule_id, title: `Rule ${rule_id}`, kind: "detection", level: "medium", version: "00000000" },
    ...{ file: `/rules/${rule_id}.yml`, line: 1, tags: [], suspended: false, counters: [] },
    ...more,
  };
}

function listOf(rules: ListedRule[], faultyFile?: string): Pick<RuleList, "rules" | "replicas"> {
  const problem = { file: faultyFile ?? "", line: 1, column: 1, field: "", message: "" };
  const state = { instance: "a", version: "00000000", since: "", rules: rules.length, refused: false };
  const problems = faultyFile === undefined ? [] : [problem];
  return { rules, replicas: [{ ...state, problems, problem_count: problems.length, suspended: [] }] };
}

const noisy = listed("b", {
  level: "high",
  counters: [
    { instance: "a", ...none, matches: 3, alerts: 1 },
    { instance: "b", ...none, matches: 4, late: 2 },
  ],
});
const quiet = listed("a", { level: "critical", tags: ["attack.t1110"], suspended: true });
const burst = listed("c", { kind: "correlation", type: "event_count", author: "Ann" });
const rows = ruleRows(listOf([burst, noisy, quiet], "/rules/c.yml"));

const idsOf = (search: Parameters<typeof shownRows>[1]): string =>
  shownRows(rows, search)
    .map(({ rule }) => rule.rule_id)
    .join("");

test("what replicas counted is summed, and a rule of a faulty file is told", () => {
  expect(rows[1]).toMatchObject({
    matches: 7,
    alerts: 1,
    late: 2,
    skipped: 0,
    fileName: "b.yml",
    faulty: false,
  });
  expect(rows[0]).toMatchObject({ faulty: true, matches: 0, kind: "Event count" });
});

test("the worst level is first; any column can be", () => {
  expect(idsOf({})).toBe("abc");
  expect(idsOf({ sort: "level" })).toBe("cba");
  expect(idsOf({ sort: "-matches" })).toBe("bac");
  expect(idsOf({ sort: "-title" })).toBe("cba");
});

test("words are looked for in title, tags, author and file, and all of them must be there", () => {
  expect(idsOf({ find: "T1110" })).toBe("a");
  expect(idsOf({ find: "ann c.yml" })).toBe("c");
  expect(idsOf({ find: "ann t1110" })).toBe("");
});

test("rules are narrowed by level, kind and what became of them", () => {
  expect(idsOf({ level: "critical,medium" })).toBe("ac");
  expect(idsOf({ kind: "correlation" })).toBe("c");
  expect(idsOf({ state: "silent" })).toBe("ac");
  expect(idsOf({ state: "lossy" })).toBe("b");
  expect(idsOf({ state: "suspended" })).toBe("a");
});

test("a held order keeps the rows where they were, new ones behind", () => {
  const held = inOrderOf(["c", "gone", "b"], rows);
  expect(held.map(({ rule }) => rule.rule_id)).toEqual(["c", "b", "a"]);
});

test("kinds have words", () => {
  expect(kindWords({ kind: "detection" })).toBe("Detection");
  expect(kindWords({ kind: "correlation", type: "temporal_ordered" })).toBe("Temporal ordered");
});
