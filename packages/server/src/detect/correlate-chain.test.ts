import type { Alert } from "@auditflow/contracts";
import { loadRules } from "@auditflow/sigma";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { altered, interleaved } from "../../testing/altered-windows.ts";
import { eventId, livingAlerts, start, type World, world } from "../../testing/correlation.ts";
import { auditEventOf, expectedOf, type OracleEvent } from "../../testing/correlation-oracle.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { memoryWindows } from "../windows/memory.ts";
import type { Windows } from "../windows/windows.ts";

import type { Hit } from "./correlate.ts";
import { groupKey } from "./episode-alert.ts";
import { createEvaluator } from "./evaluate.ts";
import { lookStep } from "./group-work.ts";
import { hitMaker } from "./hit.ts";

const detections = ["failure", "success"].map((name) => ({
  ...{ title: name, name, logsource: { category: "test" } },
  detection: { kind: { kinds: name }, condition: "kind" },
}));
const failures = {
  ...{ title: "failures", name: "failures", auditflow: { lateness: "1s" } },
  correlation: {
    ...{ type: "event_count", rules: ["failure"], "group-by": ["user_id", "client_ip"] },
    ...{ timespan: "10s", condition: { gte: 3 } },
  },
};
const takeover = {
  ...{ title: "takeover", name: "takeover", level: "critical", auditflow: { lateness: "1s" } },
  correlation: {
    ...{ type: "temporal_ordered", rules: ["failures", "success"], "group-by": ["user_id"] },
    timespan: "10s",
  },
};
const text = [...detections, failures, takeover].map((rule) => JSON.stringify(rule)).join("\n---\n");
const set = loadRules([{ file: "rules.yml", text }]);
const evaluator = createEvaluator(set);
const rule = (name: string) => set.rules.find((candidate) => candidate.name === name)!;

function event(n: number, at: number, kind: string, client_ip = "192.0.2.1"): OracleEvent {
  return { id: eventId(n), at: start + at, kinds: [kind], fields: { user_id: "mallory", client_ip } };
}

function hitsOf(...events: readonly OracleEvent[]): Hit[] {
  const hits = hitMaker(evaluator.correlationsOf);
  return events.flatMap((one) => evaluator.evaluate(auditEventOf(one)).flatMap(hits));
}

function setup(through: (windows: Windows) => Windows = (windows) => windows): World {
  return world((clock) => through(memoryWindows({ clock })), set.rules);
}

const guessing = [1, 2, 3].map((n) => event(n, n * 100, "failure"));
const success = event(4, 400, "success");

describe("a chain of correlations", () => {
  it("counts where the inner rule fired; the inner one is silent, and the alert has the event at hand", async () => {
    const [one] = setup().replicas;
    expect(await one.take(hitsOf(...guessing))).toEqual([]);
    expect(await one.take(hitsOf(success))).toMatchObject([
      {
        alert_type: "takeover",
        severity: "CRITICAL",
        timestamp: formatTimestamp(success.at),
        count: 2,
        evidence: [eventId(3), eventId(4)],
        raw_event_data: { event_id: eventId(4) },
        metadata: { group_by: { user_id: "mallory" } },
      },
    ]);
  });

  it("a silent rule leaves no state behind, and its group is forgotten when it is abandoned", async () => {
    const it = setup();
    const [one] = it.replicas;
    await one.take(hitsOf(...guessing));
    const look = lookStep(groupKey(rule("failures"), ["mallory", "192.0.2.1"]), []);
    expect((await it.windows.step([look]))[0]).toMatchObject({ state: undefined, latest: start + 300 });
    it.clock.advance(26 * 3_600_000);
    expect(await one.sweep()).toEqual([]);
    expect((await it.windows.step([look]))[0]).toMatchObject({ version: 0 });
  });

  it("an episode from before its rule became silent is told to its end and takes no more firings", async () => {
    const it = setup();
    const alone = world(() => it.windows).replicas[0];
    await alone.take(hitsOf(...guessing.toSpliced(1, 1)));
    const [begun] = await alone.take(hitsOf(event(5, 500, "failure")));
    alone.confirm([begun!]);
    it.clock.advance(2000);
    const [one] = it.replicas;
    expect(await one.take(hitsOf(guessing[1]!, event(6, 600, "failure")))).toMatchObject([
      { alert_id: begun!.alert_id, count: 4, revision: 2 },
    ]);
    await one.take(hitsOf(event(7, 3_600_000, "failure")));
    it.clock.advance(30_000);
    for (const alert of await one.sweep()) one.confirm([alert]);
    await one.sweep();
    const look = lookStep(groupKey(rule("failures"), ["mallory", "192.0.2.1"]), []);
    expect((await it.windows.step([look]))[0]!.state).toBeUndefined();
  });

  it("a late failure that makes earlier ones a row is counted in the outer rule at its right place", async () => {
    const [one] = setup().replicas;
    const [first, , third] = guessing as [OracleEvent, OracleEvent, OracleEvent];
    expect(await one.take(hitsOf(first, third, success))).toEqual([]);
    const [alert] = await one.take(hitsOf(event(2, 200, "failure")));
    expect(alert).toMatchObject({ count: 2, evidence: [eventId(3), eventId(4)] });
    expect(alert!.raw_event_data).toMatchObject({ event_id: eventId(2) });
  });

  it("redelivering an inner event publishes what is not confirmed of the outer alert; telling it again does not", async () => {
    const [one] = setup().replicas;
    const [alert] = await one.take(hitsOf(...guessing, success));
    // The third failure fires again with this one, and the outer rule knows it already.
    expect(await one.take(hitsOf(event(0, 250, "failure")))).toEqual([]);
    expect(await one.take(hitsOf(guessing[2]!))).toMatchObject([{ alert_id: alert!.alert_id, revision: 2 }]);
    one.confirm([{ ...alert!, revision: 2 }]);
    expect(await one.take(hitsOf(guessing[2]!))).toEqual([]);
  });

  it("events that lack a counted field are told, never silent", async () => {
    const it = setup();
    const [hit] = hitsOf(success);
    await it.replicas[0].take([{ ...hit!, mark: undefined }]);
    expect(it.skipped).toEqual(["no_value"]);
  });
});

describe("overlapping calls", () => {
  it("reach the outer rule in the order of the calls, also where an earlier one is held up below", async () => {
    const gate = Promise.withResolvers<void>();
    let held = true;
    const it = setup((windows) => ({
      ...altered(windows, {}),
      step: async (steps) => {
        if (held) {
          held = false;
          await gate.promise;
        }
        return windows.step(steps);
      },
    }));
    const [one] = it.replicas;
    const first = one.take(hitsOf(...guessing, success));
    const second = one.take(hitsOf(event(9, 3_600_000, "success", "192.0.2.2")));
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    expect((await first).map(({ alert_type }) => alert_type)).toEqual(["takeover"]);
    expect(await second).toEqual([]);
    expect(it.skipped).toEqual([]);
  });

  it("never wait for each other, and amount to what they would one after the other", async () => {
    const arrivals = fc.array(
      fc.record({
        wait: fc.nat(15).map((n) => n ** 3),
        kind: fc.constantFrom("failure", "failure", "success"),
        address: fc.constantFrom("192.0.2.1", "192.0.2.2"),
      }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 9 }), async (list, size) => {
        const it = setup(interleaved);
        let at = 0;
        const events = list.map(({ wait, kind, address }, n) => {
          at += wait;
          return event(n, at, kind, address);
        });
        const [one] = it.replicas;
        const calls: Promise<readonly Alert[]>[] = [];
        for (let from = 0; from < events.length; from += size)
          calls.push(one.take(hitsOf(...events.slice(from, from + size))));
        for (const alerts of await Promise.all(calls)) it.publish(alerts);
        it.publish(await one.flush());
        expect(it.skipped).toEqual([]);
        expect(livingAlerts(it.rows)).toEqual(expectedOf(set.rules, events));
      }),
      { numRuns: 200 },
    );
  });

  it("a call that fails below fails as a whole, also while it waits above, and lets the next one through", async () => {
    const gate = Promise.withResolvers<void>();
    let failing = true;
    const it = setup((windows) => ({
      ...altered(windows, {}),
      step: async (steps) => {
        const inner = steps.some(({ key }) => key.includes("192.0.2"));
        if (inner && failing) throw new Error("away");
        if (failing) await gate.promise;
        return windows.step(steps);
      },
    }));
    const [one] = it.replicas;
    const calls = [one.take(hitsOf(success)), one.take(hitsOf(...guessing))];
    const outcomes = Promise.allSettled(calls);
    await new Promise((resolve) => setImmediate(resolve));
    failing = false;
    gate.resolve();
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await one.take(hitsOf(...guessing, success))).toHaveLength(1);
  });
});
