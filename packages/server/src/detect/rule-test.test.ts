import { fileURLToPath } from "node:url";
import { silentRules } from "@auditflow/sigma";
import { describe, expect, test } from "vitest";
import { memoryWindows } from "../windows/memory.ts";
import { createAnalyser } from "./analyser.ts";
import { readRuleTests } from "./read-rule-tests.ts";
import { loadRuleFolders } from "./rule-set.ts";
import { playRuleTest, testedRules } from "./rule-test.ts";

const pack = fileURLToPath(new URL("../../../../rules", import.meta.url));
const rules = await loadRuleFolders([pack]);
const { tests, problems } = await readRuleTests([pack]);
const clock = { now: () => Date.parse("2026-01-02T00:00:00Z") };

describe("the rule pack", () => {
  test("loads without a problem, and each rule has its test file", () => {
    expect([...rules.problems, ...problems]).toEqual([]);
    const tested = new Set(tests.flatMap((one) => testedRules(one, rules)));
    expect(rules.rules.filter((rule) => !tested.has(rule)).map(({ file }) => file)).toEqual([]);
  });

  test.each(tests)("$file: $name", async (one) => {
    const { misses } = await playRuleTest(one, {
      rules,
      open: (options) => createAnalyser({ ...options, windows: memoryWindows({ clock }), clock }),
    });
    expect(misses).toEqual([]);
  });

  test("every rule that alerts has a case that must alert and one that must not", () => {
    const silent = silentRules(rules.rules);
    for (const rule of rules.rules.filter(({ id }) => !silent.has(id))) {
      const cases = tests.filter((one) => testedRules(one, rules).includes(rule));
      expect(
        cases.map(({ alerts }) => alerts !== 0),
        rule.file,
      ).toEqual(expect.arrayContaining([true, false]));
    }
  });
});
