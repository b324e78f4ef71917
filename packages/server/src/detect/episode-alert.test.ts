import { Alert } from "@auditflow/contracts";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { eventId, loginHit, loginRule, start } from "../../testing/correlation.ts";
import { alertIdOf, alertSample, episodeAlert, groupKey } from "./episode-alert.ts";

const rule = loginRule({ threshold: 2 });
const view = {
  alertId: alertIdOf(groupKey(rule, ["mallory"]), eventId(2)),
  revision: 3,
  firedAt: start,
  count: 2,
  firstAt: start,
  lastAt: start + 5,
  evidence: [eventId(1), eventId(2)],
  mergedInto: undefined,
};

describe("the alert of an episode", () => {
  it("is a valid alert, and so is one that became part of another", () => {
    const sample = alertSample(rule, ["mallory"], loginHit(rule, 2, start));
    expect(Value.Check(Alert, episodeAlert(sample, view))).toBe(true);
    expect(Value.Check(Alert, episodeAlert(sample, { ...view, mergedInto: view.alertId }))).toBe(true);
  });

  it("has an id that never changes: the same rule, version, group and first firing give it on any machine", () => {
    expect(view.alertId).toBe("74bfdaf1-2f3a-5a86-97a4-df86b4512e62");
    expect(alertIdOf(groupKey(rule, ["trudy"]), eventId(2))).not.toBe(view.alertId);
    expect(alertIdOf(groupKey({ ...rule, version: "00000002" }, ["mallory"]), eventId(2))).not.toBe(
      view.alertId,
    );
    expect(alertIdOf(groupKey(rule, ["mallory"]), eventId(3))).not.toBe(view.alertId);
  });

  it("shares its correlation id with the group's other alerts, over versions of the rule", () => {
    const sample = alertSample(rule, ["mallory"], loginHit(rule, 2, start));
    const later = alertSample({ ...rule, version: "00000002" }, ["mallory"], loginHit(rule, 9, start));
    expect(later.correlation_id).toBe(sample.correlation_id);
    expect(alertSample(rule, ["trudy"], loginHit(rule, 2, start)).correlation_id).not.toBe(
      sample.correlation_id,
    );
  });

  it("leaves out an event above 16 KiB and says so", () => {
    const hit = loginHit(rule, 2, start);
    const large = { ...hit, event: { ...hit.event, raw: "x".repeat(20_000) } };
    expect(alertSample(rule, ["mallory"], large)).toMatchObject({
      raw_event_data: null,
      metadata: { raw_event_data_omitted: "larger than 16 KiB" },
    });
  });

  it("a group's key tells its values apart and stays below 1 KiB", () => {
    const wide = { ...rule, groupBy: ["a", "b"] };
    expect(groupKey(wide, ["x", "y,z"])).not.toBe(groupKey(wide, ["x,y", "z"]));
    const long = "\u00e9".repeat(8000);
    expect(Buffer.byteLength(groupKey(rule, [long]))).toBeLessThanOrEqual(1024);
    expect(groupKey(rule, [long])).not.toBe(groupKey(rule, [`${long}!`]));
  });
});
