import type { Choice } from "./random-choice.ts";
import { type Bounds, duration, plainRule, type RuleSpec } from "./rule-spec.ts";

/**
 * Rules that count the firings of others, the counted ones first. A firing is as old as its event; those who count it
 * have a lateness that is longer than a part of the stream, so that none is ever too late for them.
 */
export function chainsFrom(choice: Choice): RuleSpec[] {
  const k = choice.int(2, 4);
  const inner = [
    rule("scan", {
      rules: ["a"],
      groupBy: ["user_id", "client_ip"],
      bounds: choice.pick<Bounds>([{ gte: k }, { gte: 2 }, { eq: 2 }]),
    }),
    rule("hosts", {
      type: "value_count",
      rules: ["b", "c"],
      field: ["server_hostname"],
      bounds: choice.pick<Bounds>([{ gte: 2 }, { gt: 2 }, { lte: 2 }]),
    }),
    rule("few", {
      rules: ["c"],
      groupBy: ["client_ip"],
      bounds: choice.pick<Bounds>([{ lt: 3 }, { gte: 3 }]),
    }),
  ];
  return [...inner, ...outer(choice)];
}

function outer(choice: Choice): RuleSpec[] {
  const [lateness, longer] = [duration("15m"), duration("30m")];
  const who = { who: { chain_hosts: "user_id", d: "principal" } };
  return [
    rule("spread", {
      ...{ type: "value_count", rules: ["chain_scan"], field: ["client_ip"], lateness },
      timespan: duration("1m"),
      bounds: choice.pick<Bounds>([{ gte: 2 }, { gte: 3 }, { lt: 3 }]),
    }),
    rule("then", {
      ...{ type: "temporal_ordered", rules: ["chain_hosts", "d"], groupBy: ["who"], aliases: who, lateness },
      timespan: choice.pick(["2s", "10s"].map(duration)),
    }),
    rule("often", {
      ...{ rules: ["chain_few"], groupBy: ["client_ip"], lateness, generate: choice.chance(0.5) },
      bounds: choice.pick<Bounds>([{ gte: 4 }, { eq: 2 }]),
    }),
    rule("top", {
      ...{ rules: ["chain_spread", "chain_then", "r"], generate: choice.chance(0.5), lateness: longer },
      aliases: { user_id: { chain_spread: "user_id", chain_then: "who", r: "user_id" } },
      timespan: duration("30s"),
      bounds: choice.pick<Bounds>([{ gte: 2 }, { gt: 4 }, { lte: 3 }]),
    }),
  ];
}

function rule(name: string, given: Pick<RuleSpec, "rules"> & Partial<RuleSpec>): RuleSpec {
  return {
    name: `chain_${name}`,
    comparedAs: "chain",
    type: "event_count",
    ...plainRule,
    timespan: duration("5s"),
    lateness: duration("1m"),
    ...given,
  };
}
