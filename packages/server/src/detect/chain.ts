import { type CorrelationRule, type SigmaRule, silentRules } from "@auditflow/sigma";
import type { StoredMember } from "../windows/windows.ts";
import { chainedWait } from "./chained-lateness.ts";
import { type Group, groupOf } from "./group.ts";
import type { HitGroups } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import { fieldsIn, markerOf, textsOf } from "./mark.ts";

/** How the correlation rules of a set count each other. */
export interface Chain {
  /** 0 for a rule that counts no correlation, else one more than the highest that it counts. */
  levelOf(rule: CorrelationRule): number;
  /** The correlation rules that count this one's firings. */
  outerOf(rule: CorrelationRule): readonly CorrelationRule[];
  /** Whether the rule raises no alerts, because others count it. */
  isSilent(rule: CorrelationRule): boolean;
  /** How long after its event a firing that the rule counts may be known, milliseconds; part of the rule's lateness. */
  waitOf(rule: CorrelationRule): number;
  /** The correlation rule of this id, as long as it says the same. */
  ruleOf(id: string, version: string): CorrelationRule | undefined;
}

const none: readonly CorrelationRule[] = [];

/** Reads the chains of a rule set; a rule that is not in it counts none and is counted by none. */
export function chainOf(rules: readonly SigmaRule[]): Chain {
  const correlations = new Map(
    rules.flatMap((rule) => (rule.kind === "correlation" ? [[rule.id, rule] as const] : [])),
  );
  const silent = silentRules(rules);
  const outer = new Map<string, CorrelationRule[]>();
  for (const rule of correlations.values()) {
    for (const id of rule.rules) outer.set(id, [...(outer.get(id) ?? []), rule]);
  }
  const levels = new Map<string, number>();
  const levelOf = (id: string): number => {
    const known = levels.get(id);
    if (known !== undefined) return known;
    const inner = (correlations.get(id)?.rules ?? []).filter((other) => correlations.has(other));
    const level = Math.max(-1, ...inner.map(levelOf)) + 1;
    levels.set(id, level);
    return level;
  };
  return {
    levelOf: ({ id }) => levelOf(id),
    outerOf: ({ id }) => outer.get(id) ?? none,
    isSilent: ({ id }) => silent.has(id),
    waitOf: (rule) => chainedWait(rule, (id) => correlations.get(id)),
    ruleOf: (id, version) => {
      const rule = correlations.get(id);
      return rule?.version === version ? rule : undefined;
    },
  };
}

/** One level of a call: the groups that it hits itself, and all that it may hit, by way of firings too. */
export interface Level {
  readonly groups: HitGroups;
  readonly keys: Set<string>;
}

/** Sorts groups by level, the innermost first. */
export function levelsOf(groups: HitGroups, chain: Chain): readonly Level[] {
  const levels: Level[] = [];
  const reserve = (group: Group): Level => {
    const { rule, values, key } = group;
    const number = chain.levelOf(rule);
    while (levels.length <= number) levels.push({ groups: new Map(), keys: new Set() });
    const level = levels[number]!;
    if (level.keys.has(key)) return level;
    level.keys.add(key);
    for (const outer of chain.outerOf(rule)) {
      const around = groupOf(outer, valuesFor(outer, rule, values));
      // A rule that cannot be correlated takes no hits.
      if (typeof around !== "string") reserve(around);
    }
    return level;
  };
  for (const [key, gathered] of groups) reserve(gathered.group).groups.set(key, gathered);
  return levels;
}

/** Keys of groups that are to be closed, the innermost first: what they still fire is counted by others. */
export interface LevelQueues {
  add(keys: readonly string[]): void;
  /** Takes out up to `limit` keys of the innermost level that has any. */
  next(limit: number): string[];
}

/** Makes queues that are empty. */
export function levelQueues(chain: Chain): LevelQueues {
  const levels: string[][] = [];
  return {
    add: (keys) => {
      for (const key of keys) {
        const [id, version] = JSON.parse(key) as [string, string];
        const rule = chain.ruleOf(id, version);
        const level = rule === undefined ? 0 : chain.levelOf(rule);
        while (levels.length <= level) levels.push([]);
        levels[level]!.push(key);
      }
    },
    next: (limit) => levels.find((queue) => queue.length > 0)?.splice(-limit) ?? [],
  };
}

/** Where a group fired, and what is known of it. */
export interface Fired {
  readonly group: Pick<Group, "rule" | "values">;
  readonly firings: readonly StoredMember[];
  /** What is at hand of the event of a firing; of one that is not, another event of the group stands for it. */
  readonly witness: (eventId: string) => Pick<Hit, "event" | "matched">;
  /** When intake had the event of a firing, epoch milliseconds, as far as that is known: what is ahead of it is from the future. */
  readonly receivedAt: (firing: StoredMember) => number;
  /** Whether a firing at this time may have been told before. */
  readonly isRepeated: (at: number) => boolean;
}

/**
 * The hits that firings of a group are for the rules that count it. A group fires again where it fired before, so that
 * what is delivered or decided again repeats all that came of it.
 */
export function outerHits({ group, firings, witness, receivedAt, isRepeated }: Fired, chain: Chain): Hit[] {
  const { rule, values } = group;
  const known = (name: string): string | undefined => values[rule.groupBy.indexOf(name)];
  return chain.outerOf(rule).flatMap((outer) => {
    const groupValues = valuesFor(outer, rule, values);
    const mark = markerOf(outer, rule.id)(known);
    return firings.map((firing) => {
      const { id, at } = firing;
      const told = { receivedAt: receivedAt(firing), repeated: isRepeated(at) };
      const { event, matched } = witness(id);
      return { rule: outer, groupValues, eventId: id, mark, event, at, matched, ...told };
    });
  });
}

/** That these are all known was checked when the rules were loaded. */
function valuesFor(outer: CorrelationRule, inner: CorrelationRule, values: readonly string[]): string[] {
  const read = (name: string): string | undefined => values[inner.groupBy.indexOf(name)];
  return textsOf(fieldsIn(outer, inner.id, outer.groupBy), read).map((value) => value ?? "");
}
