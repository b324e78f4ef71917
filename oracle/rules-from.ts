import { chainsFrom } from "./chains-from.ts";
import type { Choice } from "./random-choice.ts";
import { type Bounds, duration, type OracleType, plainRule, type RuleSpec, type Words } from "./rule-spec.ts";

/** The least lateness of any rule: what comes less late than this is never too late. */
export const leastLateness: number = duration("30s").ms;

const latenesses = ["30s", "45s", "1m", "5m"].map(duration);
const short = ["1s", "2s", "5s", "10s", "30s"].map(duration);
const long = ["1m", "2m", "10m", "1h", "1d"].map(duration);

/** Rules of each type, two or more, drawn from all that a rule can ask. */
export function rulesFrom(choice: Choice, types: readonly OracleType[]): RuleSpec[] {
  return types.flatMap((type) => {
    if (type === "chain") return chainsFrom(choice);
    return Array.from({ length: 2 }, (_, n) => ruleOf(choice, type, n));
  });
}

function ruleOf(choice: Choice, type: Exclude<OracleType, "chain">, n: number): RuleSpec {
  const lateness = choice.uneven(latenesses);
  return {
    name: `${type}_${n}`,
    comparedAs: type,
    type,
    ...plainRule,
    lateness,
    timespan: choice.pick(short),
    refireGap: choice.chance(0.25) ? choice.pick([duration("1s"), duration("2m")]) : undefined,
    suppress: choice.chance(0.2) ? choice.pick([duration("1m"), duration("5m")]) : undefined,
    // The first of each type has a bound that more events never undo.
    ...shapes[type](choice, n === 0),
  };
}

type Shape = Pick<RuleSpec, "rules"> & Partial<RuleSpec>;

const shapes: Readonly<Record<Exclude<OracleType, "chain">, (choice: Choice, growing: boolean) => Shape>> = {
  event_count: (choice, growing) => ({
    ...counted(choice),
    bounds: countBounds(choice, { most: 9, growing }),
  }),
  value_count: (choice, growing) => ({
    ...counted(choice),
    field: choice.pick([["client_ip"], ["server_hostname"], ["client_ip", "server_hostname"]]),
    bounds: countBounds(choice, { most: 4, growing }),
  }),
  temporal: (choice, growing) => temporal(choice, growing, words),
  temporal_ordered: (choice, growing) => temporal(choice, growing, wordsInOrder),
  value_sum: (choice, growing) => numeric(choice, growing, [-20, 150]),
  value_avg: (choice, growing) => numeric(choice, growing, [0, 30]),
  value_percentile: (choice, growing) => ({
    ...numeric(choice, growing, [0, 40]),
    percentile: choice.pick([undefined, 0, 10, 33.3, 90, 99.9, 100]),
  }),
  value_median: (choice, growing) => numeric(choice, growing, [0, 40]),
};

/** Which events are counted, and by what they are grouped; what has few groups counts rare events, over long times. */
function counted(choice: Choice): Shape {
  return choice.pick<() => Shape>([
    () => ({ rules: ["a"] }),
    () => ({ rules: ["a", "b"], groupBy: ["user_id", "server_hostname"] }),
    () => ({ rules: ["c"], groupBy: ["client_ip"] }),
    () => ({ rules: ["r"], groupBy: [], timespan: choice.pick(long.slice(0, 2)) }),
    () => ({ rules: ["r"], timespan: choice.pick(long) }),
    () => ({ rules: ["b", "d"], groupBy: ["who"], aliases: { who: { b: "user_id", d: "principal" } } }),
  ])();
}

function temporal(choice: Choice, growing: boolean, wordsFor: (choice: Choice) => Words): Shape {
  const rules = choice.some(["a", "b", "c", "r"], choice.int(2, 3));
  const grouped = { rules, groupBy: choice.pick([["user_id"], ["client_ip"], ["user_id", "client_ip"]]) };
  if (choice.chance(growing ? 0.4 : 0.2)) return grouped;
  if (growing || choice.chance(0.4)) return { ...grouped, bounds: markBounds(choice, rules.length, growing) };
  return { ...grouped, rules: ["a", "b", "c"], words: wordsFor(choice) };
}

function words(choice: Choice): Words {
  return choice.pick<Words>([
    { and: ["a", "b", { not: "c" }] },
    { and: ["c", { not: { or: ["a", "b"] } }] },
    { and: [{ or: ["a", "b"] }, "c"] },
    { or: ["a", { and: ["b", "c"] }] },
    { and: ["a", { not: { and: ["b", "c"] } }] },
    { or: [{ and: ["a", { not: "b" }] }, "c"] },
  ]);
}

function wordsInOrder(choice: Choice): Words {
  return choice.pick<Words>([
    { and: ["a", "b", { not: "c" }] },
    { and: ["b", "a", "c"] },
    { and: ["c", { not: "a" }, "b"] },
    { and: [{ not: "b" }, "c", "a"] },
  ]);
}

/** Numbers with few digits, so that a bound is met to the digit again and again. */
function numeric(choice: Choice, growing: boolean, [low, high]: readonly [number, number]): Shape {
  const bound = choice.int(low * 2, high * 2) / 2;
  const bounds: Bounds = growing
    ? { gte: bound }
    : choice.pick<Bounds>([
        ...[{ gt: bound }, { lt: bound }, { lte: bound }, { eq: Math.trunc(bound) }, { neq: bound }],
        ...[
          { gt: bound, lte: bound + 12.5 },
          { gte: bound, lt: bound + 0.5 },
        ],
      ]);
  const groupBy = choice.pick([["user_id"], ["server_hostname"], ["user_id", "client_ip"]]);
  return { rules: choice.pick([["n"], ["n", "a"]]), groupBy, field: ["amount"], bounds };
}

function countBounds(choice: Choice, { most, growing }: { most: number; growing: boolean }): Bounds {
  const k = choice.int(2, most);
  if (growing) return choice.pick([{ gte: k }, { gt: k - 1 }, { gt: 0, gte: k }]);
  return choice.pick<Bounds>([
    ...[{ gte: k }, { gt: k }, { lt: k }, { lte: k }, { eq: k }, { neq: k }],
    ...[
      { gt: k, lte: k + 2 },
      { gte: k, lt: k + 3 },
      { lte: k + 1, neq: k },
    ],
  ]);
}

function markBounds(choice: Choice, rules: number, growing: boolean): Bounds {
  const k = choice.int(1, rules);
  if (growing) return choice.pick([{ gte: rules }, { gt: rules - 1 }, { gte: 2 }]);
  return choice.pick<Bounds>([
    { gte: k },
    { lt: k + 1 },
    { lte: k },
    { eq: k },
    { neq: k },
    { gt: 0, lt: rules },
  ]);
}
