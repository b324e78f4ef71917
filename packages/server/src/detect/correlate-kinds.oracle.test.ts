import { loadRules, type RuleSet } from "@auditflow/sigma";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { interleaved } from "../../testing/altered-windows.ts";
import { eventId, livingAlerts, start, type World, world } from "../../testing/correlation.ts";
import { auditEventOf, expectedOf, type OracleEvent } from "../../testing/correlation-oracle.ts";
import { batches, deliver, deliveries, drain, ready } from "../../testing/deliveries.ts";
import { windowStores } from "../../testing/window-stores.ts";
import { withChainedLateness } from "./chained-lateness.ts";
import type { Hit } from "./correlate.ts";
import { createEvaluator } from "./evaluate.ts";
import { hitMaker } from "./hit.ts";

const detections = ["a", "b", "c"];

type Rules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const by = { "group-by": ["user_id"] };
const who = { "group-by": ["who"] };

/** Each kind that is decided at once, and chains of them, one of which also counts matches. */
function decidedAtOnce(k: number): Rules {
  return {
    addresses: { type: "value_count", rules: ["a", "b"], ...by, condition: { field: "client_ip", gte: k } },
    pairs: {
      type: "value_count",
      rules: ["c"],
      condition: { field: ["client_ip", "server_hostname"], gt: k },
    },
    some: { type: "temporal", rules: detections, ...by, condition: { gte: 2 } },
    all: { type: "temporal", rules: detections, "group-by": ["client_ip"] },
    words: { type: "temporal", rules: detections, ...by, condition: "a and (b or c)" },
    order: { type: "temporal_ordered", rules: detections, ...by },
    part: { type: "temporal_ordered", rules: detections, ...by, condition: { gt: 1 } },
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
}

/** What more events can undo: it is decided when no more can come. */
function decidedLater(k: number): Rules {
  return {
    few: { type: "event_count", rules: ["a"], ...by, condition: { lt: k + 1 } },
    between: { type: "event_count", rules: ["a", "b"], ...by, condition: { gt: 1, lte: 3 } },
    others: { type: "event_count", rules: ["c"], condition: { neq: k + 1 } },
    host: {
      ...{ type: "value_count", rules: detections, "group-by": ["client_ip"] },
      condition: { field: "server_hostname", eq: 1 },
    },
    two: { type: "temporal", rules: detections, ...by, condition: { eq: 2 } },
    unordered: { type: "temporal_ordered", rules: detections, ...by, condition: { lt: 2 } },
    without: { type: "temporal", ...by, condition: "a and b and not c" },
    either: { type: "temporal", ...by, condition: "(a and not b) or (c and not a)" },
    before: { type: "temporal_ordered", ...by, condition: "b and a and not c" },
  };
}

/** About numbers, some of which are not there. */
function ofNumbers(k: number): Rules {
  const bytes = { field: "bytes" };
  return {
    total: { type: "value_sum", rules: ["a", "b"], ...by, condition: { ...bytes, gte: k / 4 } },
    level: { type: "value_avg", rules: ["b", "c"], ...by, condition: { ...bytes, gt: -0.5, lt: k / 4 } },
    middle: { type: "value_median", rules: detections, ...by, condition: { ...bytes, lte: 0.3 } },
    tail: {
      ...{ type: "value_percentile", rules: detections, "group-by": ["client_ip"] },
      condition: { ...bytes, percentile: 90, gt: k / 4 },
    },
  };
}

/** What is decided later is counted at once, and later once more. */
function chainsOfLater(k: number): Rules {
  return {
    few: { type: "event_count", rules: ["a"], ...by, condition: { lte: k } },
    total: { type: "value_sum", rules: ["b"], ...by, condition: { field: "bytes", gt: 0 } },
    both: {
      type: "temporal",
      rules: ["few", "total", "c"],
      ...by,
      condition: { gte: 2 },
      generate: true,
    },
    only: { type: "temporal", ...by, condition: "few and not both", generate: true },
  };
}

/** Episodes that are further apart, or not all told. */
function withGaps(k: number): Rules {
  const often = { type: "event_count", ...by, condition: { gte: k } };
  return {
    gap: { ...often, rules: ["a"], auditflow: { refire_gap: "3s" } },
    rarely: { ...often, rules: ["b"], auditflow: { suppress: "4s" } },
    both: { ...often, rules: ["c"], auditflow: { refire_gap: "2s", suppress: "6s" } },
    later: {
      ...{ type: "value_avg", rules: detections, ...by, condition: { field: "bytes", lt: 0.5 } },
      auditflow: { suppress: "3s" },
    },
  };
}

function ruleSet(rules: Rules, lateness: string): RuleSet {
  const detecting = detections.map((name) => ({
    ...{ title: name, name, logsource: { category: "test" } },
    detection: { kind: { kinds: name }, condition: "kind" },
  }));
  const correlating = Object.entries(rules).map(([name, { auditflow = {}, ...correlation }]) => ({
    ...{ title: name, name, auditflow: { lateness, ...(auditflow as object) } },
    correlation: { timespan: "1s", ...correlation },
  }));
  const text = [...correlating, ...detecting].map((rule) => JSON.stringify(rule)).join("\n---\n");
  const loaded = loadRules([{ file: "rules.yml", text }]);
  if (loaded.problems.length > 0) throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded, rules: withChainedLateness(loaded.rules) };
}

/** Kinds of rules, how often they are tried in proportion, and through how many levels they are decided later. */
const kinds = [
  { what: "what is decided at once", rules: decidedAtOnce, share: 0.35, levels: 0 },
  { what: "what is decided later", rules: decidedLater, share: 0.15, levels: 1 },
  { what: "numbers", rules: ofNumbers, share: 0.15, levels: 1 },
  { what: "chains of what is decided later", rules: chainsOfLater, share: 0.15, levels: 2 },
  { what: "episodes with gaps", rules: withGaps, share: 0.15, levels: 1 },
] as const;

describe.each(windowStores())(
  "on $name the alerts of every kind and chain equal those of a brute-force oracle",
  ({ connect, runs, remove }) => {
    afterAll(remove);

    describe.each(kinds)("for $what", ({ rules, share, levels }) => {
      const numRuns = Math.ceil(runs * share);

      it("with one replica, any order within a short lateness, dying anywhere and taking the batch again", async () => {
        await fc.assert(
          fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
            const set = ruleSet(rules(k), "2s");
            const at = await ready(world((clock) => interleaved(connect(clock)), set.rules));
            const events = timeline(list);
            for (const { batch, delivery } of batches(hitsOf(set, events), plan)) {
              // A group that is idle for longer than its lateness and 10 s is decided about: what comes then is late.
              const pause = levels === 0 ? delivery.pause : Math.min(delivery.pause, 100);
              await deliver(at, batch, { ...delivery, pause, replica: 0 });
            }
            await drainAll(at, levels);
            await at.windows.stop();
            expect(livingAlerts(at.rows)).toEqual(expectedOf(set.rules, events));
            if (plan.every(({ fault }) => fault === "none")) expect(at.skipped).not.toContain("late");
          }),
          { numRuns },
        );
      }, 60_000);

      it("with three replicas at once, any order, duplicates, crashes and redelivery", async () => {
        await fc.assert(
          fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
            const set = ruleSet(rules(k), "1h");
            const at = await ready(world((clock) => interleaved(connect(clock)), set.rules));
            const events = timeline(list);
            const again = events.filter((_, n) => n % 3 === 0);
            const queue = batches(hitsOf(set, [...events, ...again]), plan);
            const replica = async (first: number): Promise<void> => {
              for (let n = first; n < queue.length; n += 3)
                await deliver(at, queue[n]!.batch, queue[n]!.delivery);
            };
            await Promise.all([replica(0), replica(1), replica(2)]);
            await drainAll(at, levels);
            await at.windows.stop();
            expect(livingAlerts(at.rows)).toEqual(expectedOf(set.rules, events));
          }),
          { numRuns },
        );
      }, 60_000);
    });
  },
);

/** Until every group of every level has been idle for its lateness, an hour or what it waits for on top, and then for good. */
async function drainAll(at: World, levels: number): Promise<void> {
  for (let hour = 0; hour < 3 * levels; hour += 1) {
    await deliver(at, [], { size: 0, replica: hour % 3, fault: "none", pause: 3_700_000 });
  }
  await drain(at);
}

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
    bytes: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -100, max: 200 }).map((n) => String(n / 100)) },
      { weight: 1, arbitrary: fc.constantFrom("n/a", undefined) },
    ),
  }),
  { maxLength: 40 },
);

type Arrival = typeof arrivals extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

/** Events in order of arrival. */
function timeline(list: readonly Arrival[]): OracleEvent[] {
  let at = start;
  const events = list.map(({ wait, delay, kinds: matched, user, address, host, bytes }, n) => {
    at += wait;
    const fields = { user_id: user, client_ip: address, server_hostname: host, bytes };
    return { id: eventId(n), at, arrives: at + delay, kinds: matched, fields };
  });
  return events.sort((a, b) => a.arrives - b.arrives);
}

function hitsOf(set: RuleSet, events: readonly OracleEvent[]): Hit[] {
  const evaluator = createEvaluator(set);
  const hits = hitMaker(evaluator.correlationsOf);
  return events.flatMap((event) => evaluator.evaluate(auditEventOf(event)).flatMap(hits));
}
