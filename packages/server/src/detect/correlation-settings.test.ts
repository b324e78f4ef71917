import { describe, expect, it } from "vitest";
import { loginRule } from "../../testing/correlation.ts";
import { correlationSettings } from "./correlation-settings.ts";

/** A rule with these settings in its custom part. */
function ruleWith(auditflow: Readonly<Record<string, unknown>>) {
  return { ...loginRule({ threshold: 3 }), custom: { auditflow } };
}

describe("the settings of a correlation rule", () => {
  it("are 5 minutes of lateness, a gap of the timespan and no suppression unless the rule says otherwise", () => {
    expect(correlationSettings(ruleWith({}))).toEqual({
      condition: { of: "events", bounds: { gte: 3 } },
      judging: { kind: "count", reach: 3 },
      perEvent: 1,
      span: 1000,
      lateness: 300_000,
      gap: 1000,
      suppress: 0,
    });
    const rule = ruleWith({ lateness: "30s", refire_gap: "1h", suppress: "1d" });
    expect(correlationSettings(rule)).toMatchObject({
      lateness: 30_000,
      gap: 3_600_000,
      suppress: 86_400_000,
    });
  });

  it("a gap below the timespan counts as the timespan", () => {
    const rule = { ...ruleWith({ refire_gap: "5m" }), timespan: 3_600_000 };
    expect(correlationSettings(rule)).toMatchObject({ gap: 3_600_000 });
  });

  it("an event can be a member for each of the rules, where members are told apart by more than the event", () => {
    const rules = ["a", "b", "c"];
    expect(correlationSettings({ ...ruleWith({}), rules })).toMatchObject({ perEvent: 1 });
    const temporal = { ...ruleWith({}), type: "temporal", rules } as const;
    expect(correlationSettings(temporal)).toMatchObject({ perEvent: 3 });
  });

  it("what cannot be correlated is said in words", () => {
    const rule = ruleWith({});
    expect(correlationSettings({ ...rule, condition: { gte: 1001 } })).toMatch(/^correlation.condition: /);
    expect(correlationSettings({ ...rule, timespan: 0 })).toMatch(/^correlation.timespan: /);
    expect(correlationSettings(ruleWith({ lateness: "soon" }))).toMatch(/^auditflow.lateness: /);
    expect(correlationSettings(ruleWith({ refire_gap: "-1s" }))).toMatch(/^auditflow.refire_gap: /);
    expect(correlationSettings(ruleWith({ suppress: 5 }))).toMatch(/^auditflow.suppress: /);
  });
});
