import type { ListedRule } from "@auditflow/contracts";

/** The levels of rules, worst first. */
export const ruleLevels = ["critical", "high", "medium", "low", "informational"] as const;
/** How bad it is what a rule finds. */
export type RuleLevel = ListedRule["level"];

/** What can be asked of the rules that are shown, beside words, level and kind. */
export const ruleStates = ["silent", "matched", "alerted", "lossy", "suspended"] as const;
/** What became of a rule: it never matched, it did, it raised alerts, events got lost to it, it is suspended. */
export type RuleState = (typeof ruleStates)[number];

/** By what the rules can be put in order. */
export const ruleSorts = [
  ...(["level", "title", "kind", "matches", "alerts", "late", "skipped", "version", "file"] as const),
] as const;
/** A column. */
export type RuleSort = (typeof ruleSorts)[number];

/** Which rules are shown, in which order, and which one is open; it stands in the address. */
export interface RulesSearch {
  /** Words that a rule must all hold somewhere: in its title, id, author, tags, file ... */
  readonly find?: string;
  /** Levels parted by commas; left out: all. */
  readonly level?: string;
  readonly kind?: ListedRule["kind"];
  readonly state?: RuleState;
  /** A column, `-` before it for the greatest first; left out: the worst level first. */
  readonly sort?: string;
  /** Id of the rule whose details are open. */
  readonly rule?: string;
}

/** An order of the rules. */
export interface RuleOrder {
  readonly by: RuleSort;
  readonly descending: boolean;
}

const usualOrder: RuleOrder = { by: "level", descending: true };

/** Columns of numbers and the level are asked for to see the most first. */
const mostFirst: ReadonlySet<RuleSort> = new Set(["level", "matches", "alerts", "late", "skipped"]);

/** Reads a search from whatever stands in an address; what is none of it is left out. */
export function readRulesSearch(search: Readonly<Record<string, unknown>>): RulesSearch {
  const { find, level, kind, state, sort, rule } = search;
  const levels = [level].flat().flatMap((value) => String(value).toLowerCase().split(","));
  const known = ruleStates.find((one) => one === state);
  return {
    ...textPart("find", find),
    ...levelPart(ruleLevels.filter((one) => levels.includes(one))),
    ...(kind === "detection" || kind === "correlation" ? { kind } : {}),
    ...(known === undefined ? {} : { state: known }),
    ...orderPart(readOrder(sort)),
    ...textPart("rule", rule),
  };
}

/** The levels that a search shows, worst first. */
export function levelsOf({ level }: RulesSearch): readonly RuleLevel[] {
  return level === undefined ? ruleLevels : ruleLevels.filter((one) => level.split(",").includes(one));
}

/** The search with one level alone; with another one beside those that are chosen; without it where it was chosen. */
export function toggleLevel(search: RulesSearch, level: RuleLevel): RulesSearch {
  const { level: chosen, ...rest } = search;
  const before = chosen === undefined ? [] : levelsOf(search);
  return { ...rest, ...levelPart(ruleLevels.filter((one) => before.includes(one) !== (one === level))) };
}

/** The order that a search asks for. */
export function orderOf({ sort }: RulesSearch): RuleOrder {
  return readOrder(sort);
}

/** The search after a click on the head of a column: its usual order, then the other way round. */
export function sortedBy(search: RulesSearch, by: RuleSort): RulesSearch {
  const { sort: _, ...rest } = search;
  const before = orderOf(search);
  const descending = before.by === by ? !before.descending : mostFirst.has(by);
  return { ...rest, ...orderPart({ by, descending }) };
}

/** Whether the search leaves rules out. */
export function isNarrowed({ find, level, kind, state }: RulesSearch): boolean {
  return [find, level, kind, state].some((part) => part !== undefined);
}

/** The search that leaves no rule out, in the same order. */
export function widened({ sort, rule }: RulesSearch): RulesSearch {
  return { ...(sort === undefined ? {} : { sort }), ...(rule === undefined ? {} : { rule }) };
}

/** The search with other words, state or open rule; an empty or missing one is taken away. */
export function withPart(
  search: RulesSearch,
  part: { readonly [key in "find" | "kind" | "state" | "rule"]?: string | undefined },
): RulesSearch {
  return readRulesSearch({ ...search, ...part });
}

function textPart<Key extends "find" | "rule">(key: Key, value: unknown): { readonly [key in Key]?: string } {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return (text.trim() === "" ? {} : { [key]: text }) as { readonly [key in Key]?: string };
}

function levelPart(levels: readonly RuleLevel[]): Pick<RulesSearch, "level"> {
  const all = levels.length === 0 || levels.length === ruleLevels.length;
  return all ? {} : { level: levels.join(",") };
}

function readOrder(sort: unknown): RuleOrder {
  const text = typeof sort === "string" ? sort : "";
  const by = ruleSorts.find((one) => text === one || text === `-${one}`);
  return by === undefined ? usualOrder : { by, descending: text.startsWith("-") };
}

function orderPart({ by, descending }: RuleOrder): Pick<RulesSearch, "sort"> {
  const usual = by === usualOrder.by && descending === usualOrder.descending;
  return usual ? {} : { sort: `${descending ? "-" : ""}${by}` };
}
