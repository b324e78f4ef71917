import { expect, test } from "vitest";
import { correlationSettings } from "./correlation-settings.ts";
import { loadSources } from "./load-sources.ts";

const rule = (name: string, counted: string, condition: string, more = ""): string =>
  `---\ntitle: ${name}\nname: ${name}\ncorrelation: { type: event_count, rules: [${counted}], group-by: [user_id], timespan: 1m, condition: { ${condition} } }\n${more}\n`;

const text = `title: Login
name: login
logsource: { category: test }
detection: { selection: { event_type: login }, condition: selection }
${rule("many", "login", "gte: 9")}${rule("overMany", "many", "gte: 2")}${rule("few", "login", "lt: 9", "auditflow: { lateness: 2m }")}${rule("overFew", "few", "gte: 2", "auditflow: { lateness: 10s }")}${rule("top", "overFew", "lt: 5")}`;

test("a rule waits for those it counts that are decided about later, and for those that these wait for", async () => {
  const { rules, problems } = await loadSources([{ file: "rules.yml", text }]);
  expect(problems).toEqual([]);
  const lateness = rules.flatMap((one) => {
    const settings = one.kind === "correlation" ? correlationSettings(one) : "";
    return typeof settings === "string" ? [] : [[one.name, settings.lateness / 1000]];
  });
  const few = 2 * 60;
  const delay = few + 60;
  expect(lateness).toEqual([
    ["many", 300],
    ["overMany", 300],
    ["few", few],
    ["overFew", 10 + delay],
    ["top", 300 + delay],
  ]);
});
