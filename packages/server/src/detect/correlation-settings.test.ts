import { describe, expect, it } from "vitest";
import { loginRule } from "../../testing/correlation.ts";
import { correlationSettings } from "./correlation-settings.ts";

describe("the settings of a correlation rule", () => {
  it("are 5 minutes of lateness and a gap of the timespan unless the rule says otherwise", () => {
    expect(correlationSettings(loginRule({ threshold: 3 }))).toEqual({
      threshold: 3,
      span: 1000,
      lateness: 300_000,
      gap: 1000,
    });
    const rule = loginRule({ threshold: 3, lateness: "30s", refire_gap: "1h" });
    expect(correlationSettings(rule)).toMatchObject({ lateness: 30_000, gap: 3_600_000 });
  });

  it("a gap below the timespan counts as the timespan", () => {
    const rule = { ...loginRule({ threshold: 3, refire_gap: "5m" }), timespan: 3_600_000 };
    expect(correlationSettings(rule)).toMatchObject({ gap: 3_600_000 });
  });

  it("what windows can not decide yet is said with the type or operator that asks for it", () => {
    const rule = loginRule({ threshold: 3 });
    expect(correlationSettings({ ...rule, condition: { gte: 1, lt: 3 } })).toBe(
      "correlation.condition: lt can not be decided here yet; only gt and gte can",
    );
    expect(correlationSettings({ ...rule, condition: { gte: 1001 } })).toContain("counts up to 1000");
    const sum = { ...rule, type: "value_sum", condition: { field: ["bytes"], gt: 3 } } as const;
    expect(correlationSettings(sum)).toMatch(/^correlation.type: value_sum can not/);
    const ordered = { ...rule, type: "temporal_ordered", rules: ["a", "b"] } as const;
    expect(correlationSettings({ ...ordered, condition: { gte: 1 } })).toMatch(
      /^correlation.condition: an order/,
    );
    expect(correlationSettings({ ...ordered, condition: { gt: 1 } })).toMatchObject({ threshold: 2 });
    const expression = { kind: "not", of: { kind: "rule", id: "a" } } as const;
    expect(correlationSettings({ ...ordered, condition: {}, expression })).toMatch(
      /^correlation.condition: or and not/,
    );
  });

  it("what cannot be correlated is said in words", () => {
    const rule = loginRule({ threshold: 3 });
    expect(correlationSettings({ ...rule, timespan: 0 })).toMatch(/^correlation.timespan: /);
    expect(correlationSettings(loginRule({ threshold: 3, lateness: "soon" }))).toMatch(
      /^auditflow.lateness: /,
    );
    expect(correlationSettings(loginRule({ threshold: 3, refire_gap: "-1s" }))).toMatch(
      /^auditflow.refire_gap: /,
    );
  });
});
