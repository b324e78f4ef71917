import type { RuleSetState } from "@auditflow/contracts";
import type { DetectionRule } from "@auditflow/sigma";
import { expect, test } from "vitest";
import { loginHit, loginRule, start } from "../../testing/correlation.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { loadSources } from "./load-sources.ts";
import { tellSuspensions } from "./tell-suspensions.ts";

const { rules } = await loadSources([
  {
    file: "slow.yml",
    text: "title: Slow\nlogsource: { category: test }\ndetection: { a: { b: c }, condition: a }\n",
  },
]);
const correlation = loginRule({ threshold: 2 });
const suspended = {
  ...{ rule: rules[0] as DetectionRule, spentMs: 261.4, at: start, correlations: [correlation] },
  event: loginHit(correlation, 1, start).event,
};

function teller() {
  const states: Omit<RuleSetState, "since">[] = [];
  const metrics = createMetrics("0.0.0");
  const kept = keptLog();
  const told = tellSuspensions({ ...kept, metrics, onRuleSet: (state) => void states.push(state) });
  return { states, metrics, kept, told };
}

const inForce = { version: "0000000a", rules: 3, problems: 1 };

test("each suspension is a line of the log with rule, file, time and event, and is counted in metric and report", async () => {
  const { states, metrics, kept, told } = teller();
  told.onRuleSet(inForce);
  told.onSuspended(suspended);
  expect(states).toEqual([
    { ...inForce, suspended: 0 },
    { ...inForce, suspended: 1 },
  ]);
  expect((await metrics.rulesSuspended.get()).values[0]?.value).toBe(1);
  expect(kept.lines()).toMatchObject([
    {
      ...{ "event.name": "rule.suspended", severity_text: "ERROR", title: "Slow", file: "slow.yml", line: 1 },
      ...{ processor_time_ms: 261, event_id: suspended.event.event_id, correlations: [correlation.title] },
    },
  ]);
});

test("a set of rules that is told later says how many of it are suspended", async () => {
  const { states, metrics, told } = teller();
  told.onRuleSet(inForce);
  told.onSuspended(suspended);
  told.onRuleSet({ ...inForce, problems: 0 });
  told.count(0);
  told.onRuleSet({ ...inForce, version: "0000000b" });
  expect(states.slice(2)).toEqual([
    { ...inForce, problems: 0, suspended: 1 },
    { ...inForce, version: "0000000b", suspended: 0 },
  ]);
  expect((await metrics.rulesSuspended.get()).values[0]?.value).toBe(0);
});

test("slow evaluations are counted in seconds", async () => {
  const { metrics, told } = teller();
  told.onSlow(1500);
  told.onSlow(500);
  expect((await metrics.ruleSlowSeconds.get()).values[0]?.value).toBe(2);
});
