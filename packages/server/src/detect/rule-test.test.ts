import { fileURLToPath } from "node:url";
import { silentRules } from "@auditflow/sigma";
import { describe, expect, test } from "vitest";
import { memoryWindows } from "../windows/memory.ts";
import { loadRuleFolders } from "./rule-set.ts";
import { playRuleTest, readRuleTests } from "./rule-test.ts";

const pack = fileURLToPath(new URL("../../../../rules", import.meta.url));
const rules = await loadRuleFolders([pack]);
const tests = await readRuleTests(pack);
const clock = { now: () => Date.parse("2026-01-02T00:00:00Z") };

describe("the rule pack", () => {
  test("loads without a problem, and each rule has its test file", () => {
    expect(rules.problems).toEqual([]);
    const tested = new Set(tests.map(({ file }) => file.replace(/\.test\.yml$/, ".yml")));
    expect(rules.rules.filter(({ file }) => !tested.has(file)).map(({ file }) => file)).toEqual([]);
  });

  test.each(tests)("$file: $name", async (one) => {
    const alerts = await playRuleTest(one, { rules, windows: memoryWindows({ clock }), clock });
    expect(alerts).toHaveLength(one.alerts);
    if (one.counts !== undefined) expect(alerts.map(({ count }) => count)).toEqual(one.counts);
  });

  test("every rule that alerts has a case that must alert and one that must not", () => {
    const silent = silentRules(rules.rules);
    for (const rule of rules.rules.filter(({ id }) => !silent.has(id))) {
      const cases = tests.filter(({ file }) => file === rule.file.replace(/\.yml$/, ".test.yml"));
      expect(
        cases.map(({ alerts }) => alerts > 0),
        rule.file,
      ).toEqual(expect.arrayContaining([true, false]));
    }
  });
});
