import { loadRules, type RuleSet } from "@auditflow/sigma";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { eventId, livingAlerts, start, world } from "../../testing/correlation.ts";
import { auditEventOf, expectedOf, type OracleEvent } from "../../testing/correlation-oracle.ts";
import { batches, deliver, deliveries, drain, interleaved, ready } from "../../testing/deliveries.ts";
import { windowStores } from "../../testing/window-stores.ts";

import type { Hit } from "./correlate.ts";
import { createEvaluator } from "./evaluate.ts";
import { hitMaker } from "./hit.ts";

const detections = ["a", "b", "c"];

/** Each kind of correlation, and chains of them, one of which also counts matches. */
function ruleSet(k: number, lateness: string): RuleSet {
  const detecting = detections.map((name) => ({
    ...{ title: name, name, logsource: { category: "test" } },
    detection: { kind: { kinds: name }, condition: "kind" },
  }));
  const by = { "group-by": ["user_id"] };
  const who = { "group-by": ["who"] };
  const correlations = {
    addresses: { type: "value_count", rules: ["a", "b"], ...by, condition: { field: "client_ip", gte: k } },
    pairs: {
      type: "value_count",
      rules: ["c"],
      condition: { field: ["client_ip", "server_hostname"], gt: k },
    },
    some: { type: "temporal", rules: detections, ...by, condition: { gte: 2 } },
    all: { type: "temporal", rules: detections, "group-by": ["client_ip"] },
    order: { type: "temporal_ordered", rules: detections, ...by },
    many: { type: "event_count", rules: ["a"], "group-by": ["client_ip", "user_id"], condition: { gte: k } },
    hosts: { type: "value_count", rules: ["b", "c"], ...by, condition: { field: "server_hostname", gte: 2 } },
    after: {
      ...{ type: "temporal_ordered", rules: ["many", "c"], ...who },
      aliases: { who: { many: "user_id", c: "user_id" } },
    },
    fields: { type: "value_count", rules: ["many"], ...by, condition: { field: "client_ip", gte: 2 } },
    top: {
      ...{
        type: "event_count",
        rules: ["after", "hosts", "b"],
        generate: true,
        ...by,
        condition: { gte: k },
      },
      aliases: { user_id: { after: "who", hosts: "user_id", b: "user_id" } },
    },
  };
  const correlating = Object.entries(correlations).map(([name, correlation]) => ({
    ...{ title: name, name, auditflow: { lateness } },
    correlation: { timespan: "1s", ...correlation },
  }));
  const text = [...correlating, ...detecting].map((rule) => JSON.stringify(rule)).join("\n---\n");
  const loaded = loadRules([{ file: "rules.yml", text }]);
  if (loaded.problems.length > 0) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

describe.each(windowStores())(
  "on $name the alerts of every kind and chain equal those of a brute-force oracle",
  ({ connect, runs, remove }) => {
    afterAll(remove);
    const numRuns = Math.ceil(runs / 2);

    it("for one replica, any order within a short lateness, dying anywhere and taking the batch again", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const set = ruleSet(k, "2s");
          const at = await ready(world((clock) => interleaved(connect(clock)), set.rules));
          const events = timeline(list);
          for (const { batch, delivery } of batches(hitsOf(set, events), plan))
            await deliver(at, batch, { ...delivery, replica: 0 });
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedOf(set.rules, events));
          if (plan.every(({ fault }) => fault === "none")) expect(at.skipped).not.toContain("late");
        }),
        { numRuns },
      );
    }, 60_000);

    it("for three replicas at once, any order, duplicates, crashes and redelivery", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const set = ruleSet(k, "1d");
          const at = await ready(world((clock) => interleaved(connect(clock)), set.rules));
          const events = timeline(list);
          const again = events.filter((_, n) => n % 3 === 0);
          const queue = batches(hitsOf(set, [...events, ...again]), plan);
          const replica = async (first: number): Promise<void> => {
            for (let n = first; n < queue.length; n += 3)
              await deliver(at, queue[n]!.batch, queue[n]!.delivery);
          };
          await Promise.all([replica(0), replica(1), replica(2)]);
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedOf(set.rules, events));
        }),
        { numRuns },
      );
    }, 60_000);
  },
);

const threshold = fc.integer({ min: 1, max: 3 });

/** Milliseconds since the event before, how much later it arrives, and what it says. */
const arrivals = fc.array(
  fc.record({
    wait: fc.nat(12).map((n) => n ** 3),
    delay: fc.integer({ min: 0, max: 2000 }),
    kinds: fc.subarray(detections, { minLength: 1 }),
    user: fc.constantFrom("mallory", "trudy"),
    address: fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.3", undefined),
    host: fc.constantFrom("db1", "db2"),
  }),
  { maxLength: 40 },
);

type Arrival = typeof arrivals extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

/** Events in order of arrival. */
function timeline(list: readonly Arrival[]): OracleEvent[] {
  let at = start;
  const events = list.map(({ wait, delay, kinds, user, address, host }, n) => {
    at += wait;
    const fields = { user_id: user, client_ip: address, server_hostname: host };
    return { id: eventId(n), at, arrives: at + delay, kinds, fields };
  });
  return events.sort((a, b) => a.arrives - b.arrives);
}

function hitsOf(set: RuleSet, events: readonly OracleEvent[]): Hit[] {
  const evaluator = createEvaluator(set);
  const hits = hitMaker(evaluator.correlationsOf);
  return events.flatMap((event) => evaluator.evaluate(auditEventOf(event)).flatMap(hits));
}
