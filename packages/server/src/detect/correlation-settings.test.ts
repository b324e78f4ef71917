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

  it("what cannot be correlated is said in words", () => {
    const rule = loginRule({ threshold: 3 });
    expect(correlationSettings({ ...rule, condition: { lt: 3 } })).toMatch(/^condition: /);
    expect(correlationSettings({ ...rule, timespan: 0 })).toMatch(/^timespan: /);
    expect(correlationSettings(loginRule({ threshold: 3, lateness: "soon" }))).toMatch(
      /^auditflow.lateness: /,
    );
    expect(correlationSettings(loginRule({ threshold: 3, refire_gap: "-1s" }))).toMatch(
      /^auditflow.refire_gap: /,
    );
  });
});
