import { type CorrelationRule, loadRules } from "@auditflow/sigma";
import { describe, expect, it } from "vitest";
import { Died, dying } from "../../testing/altered-windows.ts";
import {
  eventId,
  livingAlerts,
  loginHit,
  loginRule,
  start,
  type World,
  world,
} from "../../testing/correlation.ts";
import { drain } from "../../testing/deliveries.ts";
import { memoryWindows } from "../windows/memory.ts";
import { type Correlator, correlator, type Hit } from "./correlate.ts";
import { groupKey } from "./episode-alert.ts";
import { lookStep } from "./group-work.ts";

const connect = (clock: { now(): number }) => memoryWindows({ clock });
const minute = 60_000;
const idle = 5 * minute + 10_000;

/** The average of a number over a second. */
const average: CorrelationRule = {
  ...loginRule({ threshold: 1 }),
  type: "value_avg",
  condition: { field: ["ms"], gte: 100 },
};
const few: CorrelationRule = { ...loginRule({ threshold: 1 }), condition: { gte: 2, lte: 3 } };

const measured = (n: number, at: number, number: number): Hit => ({
  ...loginHit(average, n, at),
  mark: String(number),
});

async function takeAndPublish(at: World, by: Correlator, hits: readonly Hit[]): Promise<void> {
  const alerts = await by.take(hits);
  at.publish(alerts);
  by.confirm(alerts);
}

async function sweep(at: World, by: Correlator): Promise<void> {
  const alerts = await by.sweep();
  at.publish(alerts);
  by.confirm(alerts);
}

const counts = (at: World): number[] => livingAlerts(at.rows).map(({ count }) => count);

describe("a rule whose verdict more events can undo", () => {
  it("fires when the watermark has passed, and not before", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [measured(1, start, 90), measured(2, start + 10, 130)]);
    await takeAndPublish(at, one, [measured(3, start + 5 * minute + 10, 1)]);
    at.clock.advance(5 * minute + 1000);
    await sweep(at, one);
    expect(at.rows.size).toBe(0);
    await takeAndPublish(at, one, [measured(4, start + 5 * minute + 11, 1)]);
    at.clock.advance(1000);
    await sweep(at, one);
    expect([...at.rows.values()]).toMatchObject([
      {
        count: 2,
        evidence: [eventId(1), eventId(2)],
        metadata: { value: 110, raw_event_data_is: "another event of the group" },
      },
    ]);
  });

  it("does not fire where a later arrival undoes it", async () => {
    const at = world(connect);
    const [one, two] = at.replicas;
    const hits = [0, 1, 2].map((n) => loginHit(few, n, start + n));
    await takeAndPublish(at, one, hits);
    await takeAndPublish(at, two, [loginHit(few, 3, start - 1), loginHit(few, 4, start - 1)]);
    await drain(at);
    expect(livingAlerts(at.rows)).toMatchObject([{ count: 3, timestamp: "2026-01-15T11:59:59.999Z" }]);
  });

  it("is decided about a group that is idle, after which an earlier event is late", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [measured(1, start, 100)]);
    at.clock.advance(idle - 1);
    await sweep(at, one);
    expect(at.rows.size).toBe(0);
    at.clock.advance(1000);
    await sweep(at, one);
    expect(counts(at)).toEqual([1]);
    await takeAndPublish(at, one, [measured(2, start - 1, 1000), measured(3, start + 1, 0)]);
    expect(at.skipped).toEqual(["late"]);
  });

  it("waits for what is behind: a group is not idle while a backlog is worked off", async () => {
    const at = world(connect);
    let lag = 0;
    const one = correlator({ windows: at.windows, clock: at.clock, behind: () => lag });
    await takeAndPublish(at, one, [loginHit(few, 1, start)]);
    at.clock.advance(3_600_000);
    lag = 3_600_000;
    await sweep(at, one);
    await takeAndPublish(
      at,
      one,
      [2, 3, 4].map((n) => loginHit(few, n, start)),
    );
    lag = 0;
    await drain(at);
    expect(at.rows.size).toBe(0);
    expect(at.skipped).toEqual([]);
  });

  it("an event from the future neither makes the present late nor keeps it from being decided", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [{ ...measured(1, start + 86_400_000, 100), receivedAt: start }]);
    await takeAndPublish(at, one, [measured(2, start, 100)]);
    await takeAndPublish(at, one, [measured(3, start + 1000, 300)]);
    await drain(at);
    expect(at.skipped).toEqual([]);
    expect(new Set(counts(at))).toEqual(new Set([1, 2]));
  });

  it("a decision that was not committed is made again by whoever is next", async () => {
    const at = world(connect);
    const [one, two] = at.replicas;
    await takeAndPublish(at, one, [measured(1, start, 100)]);
    at.clock.advance(idle);
    const dead = correlator({ clock: at.clock, windows: dying(at.windows, "before commit") });
    await expect(dead.sweep()).rejects.toThrow(Died);
    at.clock.advance(11_000);
    await sweep(at, two);
    expect(counts(at)).toEqual([1]);
  });

  it("what was decided and never published is published again", async () => {
    const at = world(connect);
    const [one, two] = at.replicas;
    await takeAndPublish(at, one, [measured(1, start, 100)]);
    at.clock.advance(idle);
    expect(await one.sweep()).toHaveLength(1);
    at.clock.advance(25_000);
    await sweep(at, two);
    expect(counts(at)).toEqual([1]);
  });

  it("a group that was looked at in vain is decided about when events come again", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [measured(1, start, 1)]);
    at.clock.advance(idle);
    await sweep(at, one);
    // The same event once more wakes the group, and leaves nothing to decide about.
    await takeAndPublish(at, one, [measured(1, start, 1)]);
    at.clock.advance(idle);
    await sweep(at, one);
    await takeAndPublish(at, one, [measured(2, start + 500, 300)]);
    at.clock.advance(idle);
    await sweep(at, one);
    expect(counts(at)).toEqual([2]);
  });

  it("a replay that never sweeps decides as it goes, and holds no more than it needs", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    const short = { ...few, custom: { auditflow: { lateness: "2s" } } };
    for (let n = 0; n < 2000; n += 1) {
      await takeAndPublish(at, one, [loginHit(short, n, start + n * 600)]);
    }
    const whole = { from: 0, to: start * 2, limit: 0 };
    const [view] = await at.windows.step([lookStep(groupKey(short, ["mallory"]), [whole])]);
    expect(view!.ranges[0]!.count).toBeLessThan(20);
    at.publish(await one.flush());
    expect(counts(at)).toEqual([2000]);
  });

  it("offline, flush decides about all that waits, also where others count it, and empties the store", async () => {
    const { rules, problems } = loadRules([{ file: "rules.yml", text: chained }]);
    expect(problems).toEqual([]);
    const at = world(connect, rules);
    const [one] = at.replicas;
    const inner = rules.find(({ name }) => name === "quiet") as CorrelationRule;
    const hits = ["a", "b", "a"].map((user, n) => ({
      ...loginHit(inner, n, start + n * 5000),
      groupValues: [user, "db1"],
    }));
    expect(await one.take(hits)).toEqual([]);
    at.publish(await one.flush());
    expect(livingAlerts(at.rows)).toMatchObject([{ count: 3 }]);
    expect(await one.flush()).toEqual([]);
  });

  it("its firings reach the rules that count it once, whoever decides and however often", async () => {
    const { rules } = loadRules([{ file: "rules.yml", text: chained }]);
    const at = world(connect, rules);
    const [one, two] = at.replicas;
    const inner = rules.find(({ name }) => name === "quiet") as CorrelationRule;
    const hits = ["a", "b", "a"].map((user, n) => ({
      ...loginHit(inner, n, start + n * 5000),
      groupValues: [user, "db1"],
    }));
    for (const hit of hits) await takeAndPublish(at, one, [hit]);
    at.clock.advance(idle);
    // Neither of these lives to tell what it decided.
    await Promise.all([one.sweep(), two.sweep()]);
    await drain(at);
    expect(livingAlerts(at.rows)).toMatchObject([{ count: 3, evidence: hits.map(({ eventId: id }) => id) }]);
  });
});

const chained = `
title: Login
name: login
logsource: { category: test }
detection: { s: { event_type: login }, condition: s }
---
title: Quiet user
name: quiet
correlation: { type: event_count, rules: [login], group-by: [user_id, server_hostname], timespan: 1s, condition: { lt: 2 } }
---
title: Many quiet users
name: many
correlation: { type: event_count, rules: [quiet], group-by: [server_hostname], timespan: 1m, condition: { gte: 3 } }
`;

describe("an alert suppresses", () => {
  const rule: CorrelationRule = {
    ...loginRule({ threshold: 1 }),
    custom: { auditflow: { suppress: "10s", lateness: "1m" } },
  };
  const at10 = (n: number, seconds: number): Hit => loginHit(rule, n, start + seconds * 1000);

  it("what begins within its time, from its first firing on, and nothing after", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    for (const [n, seconds] of [0, 5, 10, 12, 22, 24].entries())
      await takeAndPublish(at, one, [at10(n, seconds)]);
    await drain(at);
    expect([...at.rows.values()].map(({ timestamp }) => timestamp.slice(17))).toEqual([
      "00.000Z",
      "12.000Z",
      "24.000Z",
    ]);
  });

  it("after it has closed, too, and each that it kept untold is counted", async () => {
    const suppressed: string[] = [];
    const { windows, clock, publish, rows } = world(connect);
    const long = { ...rule, custom: { auditflow: { suppress: "1h", lateness: "1s" } } };
    const one = correlator({ windows, clock, onSuppressed: (id) => suppressed.push(id) });
    for (const n of [0, 1, 2, 3]) {
      const alerts = await one.take([loginHit(long, n, start + n * 20 * minute)]);
      publish(alerts);
      one.confirm(alerts);
    }
    expect(rows.size).toBe(1);
    publish(await one.flush());
    expect(rows.size).toBe(1);
    expect(suppressed).toEqual(["r1", "r1", "r1"]);
  });

  it("one that was told, without another event being needed for it to be told of", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [at10(1, 20)]);
    at.clock.advance(100);
    await takeAndPublish(at, one, [at10(2, 14)]);
    await sweep(at, one);
    at.clock.advance(2000);
    await sweep(at, one);
    expect([...at.rows.values()].filter(({ merged_into }) => merged_into !== undefined)).toHaveLength(1);
  });

  it("one that was told before an earlier one came: that says which alert it is part of", async () => {
    const at = world(connect);
    const [one] = at.replicas;
    await takeAndPublish(at, one, [at10(1, 20)]);
    await takeAndPublish(at, one, [at10(2, 14)]);
    await takeAndPublish(at, one, [at10(3, 26)]);
    await drain(at);
    const rows = [...at.rows.values()];
    const idAt = (second: number): string =>
      rows.find(({ timestamp }) => timestamp === `2026-01-15T12:00:${second}.000Z`)!.alert_id;
    expect(rows.map(({ merged_into }) => merged_into)).toEqual([idAt(14), undefined, undefined]);
    expect(
      livingAlerts(at.rows)
        .map(({ alert_id }) => alert_id)
        .sort(),
    ).toEqual([idAt(14), idAt(26)].sort());
  });
});
