import type { Alert } from "@auditflow/contracts";
import { describe, expect, it } from "vitest";
import {
  eventId,
  livingAlerts,
  loginHit,
  loginRule,
  start,
  type World,
  world,
} from "../../testing/correlation.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { memoryWindows } from "../windows/memory.ts";
import { type Correlator, correlator, type Hit } from "./correlate.ts";
import { alertIdOf, groupKey } from "./episode-alert.ts";
import { lookStep } from "./group-work.ts";

const rule = loginRule({ threshold: 2 });
const hit = (n: number, at: number): Hit => loginHit(rule, n, at);
const setup = (): World => world((clock) => memoryWindows({ clock }));

async function takeAndPublish(at: World, by: Correlator, hits: readonly Hit[]): Promise<readonly Alert[]> {
  return publish(at, by, await by.take(hits));
}

function publish(at: World, by: Correlator, alerts: readonly Alert[]): readonly Alert[] {
  at.publish(alerts);
  by.confirm(alerts);
  return alerts;
}

describe("alerts of a correlation rule", () => {
  it("500 failed logins are one alert with count 500", async () => {
    const it = setup();
    const [one] = it.replicas;
    await takeAndPublish(
      it,
      one,
      Array.from({ length: 500 }, (_, n) => hit(n, start + n * 10)),
    );
    it.clock.advance(1000);
    publish(it, one, await one.sweep());
    expect(livingAlerts(it.rows)).toMatchObject([
      {
        count: 500,
        first_event_at: formatTimestamp(start),
        last_event_at: formatTimestamp(start + 4990),
        evidence: Array.from({ length: 100 }, (_, n) => eventId(n)),
      },
    ]);
  });

  it("the first firing is published at once, growth at most once per throttle, the last by a sweep", async () => {
    const it = setup();
    const [one, two] = it.replicas;
    const told: Alert[] = [];
    for (let n = 0; n < 35; n += 1) {
      told.push(
        ...(await takeAndPublish(it, one, [hit(n, start + n * 100)])),
        ...publish(it, one, await one.sweep()),
      );
      it.clock.advance(100);
    }
    expect(told.map(({ revision, count }) => [revision, count])).toEqual([
      [1, 2],
      [2, 12],
      [3, 22],
      [4, 32],
    ]);
    it.clock.advance(1000);
    expect(await two.sweep()).toMatchObject([{ revision: 5, count: 35 }]);
  });

  it("an alert says who, what and when, under an id that follows from its first firing", async () => {
    const [one] = setup().replicas;
    const [alert] = await one.take([hit(1, start), hit(2, start + 10)]);
    expect(alert).toMatchObject({
      alert_id: alertIdOf(groupKey(rule, ["mallory"]), eventId(2)),
      timestamp: formatTimestamp(start + 10),
      alert_name: "Many failed logins",
      alert_type: "many_failed_logins",
      severity: "HIGH",
      source_service_name: "audit-log-analysis",
      analysis_rule: { rule_id: "r1", version: "00000001", author: "somebody" },
      triggered_by: { actor_type: "user", actor_id: "mallory" },
      impacted_resource: { resource_type: "host", server_hostname: "db1" },
      count: 2,
      revision: 1,
      evidence: [eventId(1), eventId(2)],
      raw_event_data: { event_id: eventId(2) },
      metadata: { group_by: { user_id: "mallory" }, window_ms: 1000 },
    });
  });

  it("what was taken but never published is published again, by whoever sweeps", async () => {
    const it = setup();
    const [one, two] = it.replicas;
    const [lost] = await one.take([hit(1, start), hit(2, start + 10)]);
    it.clock.advance(5000);
    expect(await two.sweep()).toEqual([]);
    it.clock.advance(20_000);
    expect(await two.sweep()).toMatchObject([{ alert_id: lost!.alert_id, revision: 2 }]);
  });

  it("what was published and confirmed is not published again, nor when its event is redelivered", async () => {
    const it = setup();
    const [one, two] = it.replicas;
    await takeAndPublish(it, one, [hit(1, start), hit(2, start + 10)]);
    expect(await one.sweep()).toEqual([]);
    it.clock.advance(60_000);
    expect(await two.sweep()).toEqual([]);
    expect(await two.take([hit(2, start + 10)])).toEqual([]);
    it.clock.advance(60_000);
    expect(await two.sweep()).toEqual([]);
  });

  it("a redelivered event has what is not confirmed published again at once", async () => {
    const [one, two] = setup().replicas;
    await one.take([hit(1, start), hit(2, start + 10)]);
    expect(await two.take([hit(2, start + 10)])).toMatchObject([{ revision: 2, count: 2 }]);
  });

  it("an earlier firing takes the alert over, and firings between two alerts join them", async () => {
    const it = setup();
    const [one] = it.replicas;
    await takeAndPublish(it, one, [hit(5, start + 5000), hit(6, start + 5010)]);
    await takeAndPublish(it, one, [hit(1, start), hit(2, start + 10)]);
    await takeAndPublish(it, one, [hit(0, start + 5)]);
    const between = [900, 1800, 2700, 3600, 4500].map((ms, n) => hit(20 + n, start + ms));
    await takeAndPublish(it, one, between);
    it.clock.advance(1000);
    publish(it, one, await one.sweep());
    const [alive] = livingAlerts(it.rows);
    expect(livingAlerts(it.rows)).toMatchObject([{ timestamp: formatTimestamp(start + 5), count: 10 }]);
    const merged = [...it.rows.values()].filter(({ merged_into }) => merged_into !== undefined);
    expect(merged.map(({ merged_into }) => merged_into)).toEqual([alive!.alert_id, alive!.alert_id]);
  });

  it("late events, events without a group and undecidable rules are told, never silent", async () => {
    const it = setup();
    const [one] = it.replicas;
    await one.take([hit(1, start)]);
    await one.take([hit(2, start - 3_600_000)]);
    await one.take([{ ...hit(3, start), groupValues: [undefined] }]);
    await one.take([{ ...hit(4, start), rule: { ...rule, condition: { gte: 1001 } } }]);
    expect(it.skipped).toEqual(["late", "no_group", "undecidable"]);
  });

  it("an event that comes twice in one call is counted once", async () => {
    const it = setup();
    const [one] = it.replicas;
    const hits = [hit(1, start), hit(1, start), hit(2, start + 10), hit(1, start), hit(2, start + 10)];
    expect(await one.take(hits)).toMatchObject([{ count: 2, evidence: [eventId(1), eventId(2)] }]);
  });

  it("why an event matched is only asked for where an alert is to tell it", async () => {
    const [one] = setup().replicas;
    const asked: number[] = [];
    const hits = Array.from({ length: 9 }, (_, n): Hit => {
      const matched = (): [] => {
        asked.push(n);
        return [];
      };
      return { ...hit(n, start + n), matched };
    });
    await one.take(hits);
    expect(asked).toEqual([1]);
  });

  it("with an infinite throttle growth is told when the episode ends, and the end is the same", async () => {
    const burst = Array.from({ length: 50 }, (_, n) => hit(n, start + n * 100));
    const later = hit(99, start + 3_600_000);
    const takeAll = async (throttle: number): Promise<Alert[]> => {
      const { windows, clock } = setup();
      const one = correlator({ windows, clock, throttle });
      const told: Alert[] = [];
      for (const next of [...burst, later]) told.push(...(await one.take([next])));
      return [...told, ...(await one.flush())];
    };
    const [often, seldom] = [await takeAll(0), await takeAll(Infinity)];
    expect(seldom.map(({ revision, count }) => [revision, count])).toEqual([
      [1, 2],
      [2, 50],
    ]);
    expect(often.at(-1)).toEqual({ ...seldom.at(-1), revision: 49 });
  });

  it("an event from the future is counted and does not make the present late", async () => {
    const it = setup();
    const [one] = it.replicas;
    await one.take([{ ...hit(1, start + 3_600_000), receivedAt: start }]);
    expect(await one.take([hit(2, start), hit(3, start)])).toHaveLength(1);
    expect(it.skipped).toEqual([]);
  });

  it("a burst that an outage cut in two is still one alert", async () => {
    const it = setup();
    const [one, two] = it.replicas;
    await takeAndPublish(it, one, [hit(1, start), hit(2, start + 100), hit(3, start + 200)]);
    it.clock.advance(6 * 3_600_000);
    publish(it, two, await two.sweep());
    await takeAndPublish(it, two, [hit(4, start + 300), hit(5, start + 400)]);
    it.clock.advance(1000);
    publish(it, two, await two.sweep());
    expect(livingAlerts(it.rows)).toMatchObject([{ count: 5 }]);
  });

  it("an episode whose time has passed leaves the state once its last word is confirmed", async () => {
    const it = setup();
    const [one] = it.replicas;
    await takeAndPublish(it, one, [hit(1, start), hit(2, start + 10)]);
    await takeAndPublish(it, one, [hit(3, start + 3_600_000)]);
    publish(it, one, await one.sweep());
    const [view] = await it.windows.step([lookStep(groupKey(rule, ["mallory"]), [])]);
    expect(view!.state).toBeUndefined();
    expect(view!.latest).toBe(start + 3_600_000);
  });

  it("an abandoned group is forgotten with all it held", async () => {
    const it = setup();
    const [one] = it.replicas;
    await takeAndPublish(it, one, [hit(1, start), hit(2, start)]);
    it.clock.advance(26 * 3_600_000);
    publish(it, one, await one.sweep());
    publish(it, one, await one.sweep());
    const [view] = await it.windows.step([lookStep(groupKey(rule, ["mallory"]), [])]);
    expect(view).toMatchObject({ version: 0, state: undefined });
  });

  it("offline, flush tells the last word of every episode and empties the store", async () => {
    const [one] = setup().replicas;
    const [first] = await one.take([hit(1, start), hit(2, start + 1)]);
    await one.take([hit(3, start + 2)]);
    expect(first).toMatchObject({ count: 2 });
    expect(await one.flush()).toMatchObject([{ alert_id: first!.alert_id, count: 3 }]);
    expect(await one.flush()).toEqual([]);
  });

  it("memory is bounded while an episode never ends, and its count stays exact", async () => {
    const it = setup();
    const [one] = it.replicas;
    const short = loginRule({ threshold: 3, lateness: "1s" });
    for (let n = 0; n < 60; n += 1) {
      // Some fall on the last millisecond before a multiple of the span, where counted members are let go.
      const burst = Array.from({ length: 50 }, (_, m) =>
        loginHit(short, n * 50 + m, start - 1 + n * 500 + m * 10),
      );
      await takeAndPublish(it, one, burst);
      it.clock.advance(500);
    }
    it.clock.advance(1000);
    publish(it, one, await one.sweep());
    expect(livingAlerts(it.rows)).toMatchObject([{ count: 3000, evidence: { length: 100 } }]);
    const whole = { from: 0, to: start * 2, limit: 0 };
    const [view] = await it.windows.step([lookStep(groupKey(short, ["mallory"]), [whole])]);
    expect(view!.ranges[0]!.count).toBeLessThan(600);
  });
});
