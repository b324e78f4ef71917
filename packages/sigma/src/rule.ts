/** Sigma levels, weakest first. */
export const levels = ["informational", "low", "medium", "high", "critical"] as const;
/** One of the five levels. */
export type Level = (typeof levels)[number];

/** A rule applies to a record when every key named here is equal in the record's logsource. */
export interface Logsource {
  readonly product?: string;
  readonly category?: string;
  readonly service?: string;
}

/** What detection and correlation rules have in common. */
export interface RuleMetadata {
  /** The rule's `id`, else a UUIDv5 of its title, so that every rule has one. */
  readonly id: string;
  /** First 8 hex digits of SHA-256 over what decides a match, in canonical form: a changed comment changes nothing. */
  readonly version: string;
  readonly title: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly author: string | undefined;
  /** As written; a correlation without one has the strongest level of the rules it counts, a detection rule medium. */
  readonly level: Level;
  readonly status: string | undefined;
  readonly tags: readonly string[];
  readonly references: readonly string[];
  /** Top-level keys that the standard does not name, such as our `auditflow`. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** Where it was written. */
  readonly file: string;
  readonly line: number;
}

/** Why a record matched. */
export interface MatchReason {
  readonly selection: string;
  /** null for a keyword search. */
  readonly field: string | null;
  readonly value: unknown;
}

/**
 * A record as rules see it. Made once per record by `createEvent`; values are gathered and lowered at most once per
 * field, however many rules look. A field named null means the whole record: every value in it and the raw line.
 */
export interface SigmaEvent {
  readonly logsource: Logsource;
  /** undefined: the record has no such field. A path through an array gives the list of what its members hold. */
  field(name: string): unknown;
  /** The field's values one by one, arrays taken apart; empty when it is missing. */
  values(name: string | null): readonly unknown[];
  /** The values that have a text: strings, numbers, booleans, and objects as JSON; never null. Some may come twice. */
  texts(name: string | null): readonly string[];
  /** The same texts folded for comparison that ignores case. */
  foldedTexts(name: string | null): readonly string[];
}

/** A text that a field must hold; all of it folded (`foldedTexts`). */
export interface Atom {
  /** null: any value of the record, or its raw line. */
  readonly field: string | null;
  /** Where the text stands in one of the field's values; `exists`: any value will do, and `text` is empty. */
  readonly place: "whole" | "start" | "end" | "inside" | "exists";
  readonly text: string;
}

/** A necessary condition: an atom, all of several, or at least one of several; lists are never empty. */
export type Need = Atom | { readonly all: readonly Need[] } | { readonly any: readonly Need[] };

/** A rule about one record. */
export interface DetectionRule extends RuleMetadata {
  readonly kind: "detection";
  readonly logsource: Logsource;
  /** The fields that it reads, in the order written, each once; null stands for keywords. Those of its filters count. */
  readonly fields: readonly (string | null)[];
  /** Ids of the filters that narrow it, in ascending order. */
  readonly filters: readonly string[];
  /** What every record that it matches holds; undefined when nothing can be said. An index may use any part of it. */
  readonly needs: Need | undefined;
  /** Whether the record's content matches; the logsource is the caller's business (`applies`). Never throws. */
  matches(event: SigmaEvent): boolean;
  /** The reasons of a match: call it only for a record that matches. */
  explain(event: SigmaEvent): readonly MatchReason[];
}

/** The kinds of correlation: what a condition is about. */
export const correlationTypes = [
  ...(["event_count", "value_count", "temporal", "temporal_ordered"] as const),
  ...(["value_sum", "value_avg", "value_percentile", "value_median"] as const),
] as const;
/**
 * `event_count` counts events, `value_count` different values of a field, `temporal` different rules of `rules`;
 * `temporal_ordered` asks for its rules in their order, where events of one time are in any order. The others are about
 * the numbers in a field: their sum, average or median (`value_avg`, ...), or the one below which a share of them lies.
 */
export type CorrelationType = (typeof correlationTypes)[number];

/**
 * Bounds of a condition, all of which must hold, and which some count can meet. They are whole numbers, at least 1 but
 * for `gt`, where something is counted; of the kinds that are about numbers they can be any.
 */
export interface CountCondition {
  /** What value_count counts: different combinations of the values of these fields. The numeric kinds have one. */
  readonly field?: readonly string[];
  /** Of value_percentile only, and always: 0 to 100. Between two numbers the percentile is interpolated linearly. */
  readonly percentile?: number;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly eq?: number;
  readonly neq?: number;
}

/** What a temporal correlation asks for in words; `id` is that of a rule. */
export type RuleExpression =
  | { readonly kind: "rule"; readonly id: string }
  | { readonly kind: "not"; readonly of: RuleExpression }
  | { readonly kind: "and" | "or"; readonly of: readonly RuleExpression[] };

/**
 * A rule about several records that detection rules matched, or at which other correlation rules fired, within a window
 * of time.
 */
export interface CorrelationRule extends RuleMetadata {
  readonly kind: "correlation";
  readonly type: CorrelationType;
  /**
   * Ids of the rules it counts, resolved from ids or names, in the order as written (of a condition in words that of first
   * mention); never in a circle.
   */
  readonly rules: readonly string[];
  /** These need not be those of a correlation that it counts. */
  readonly groupBy: readonly string[];
  /** Per alias the field to read for each referenced rule id; in `groupBy` and `condition.field` it stands for them. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Length of the window in milliseconds. */
  readonly timespan: number;
  /** A temporal kind that asks for all of its rules has gte: their number; one with an `expression` has no bound. */
  readonly condition: CountCondition;
  /**
   * A condition in words that bounds can not say: every rule of `rules` is in it, and one at least is asked for, not only
   * refused.
   */
  readonly expression?: RuleExpression;
  /** Whether the rules it references raise alerts of their own. */
  readonly generate: boolean;
}

/** What a rule file can hold. */
export type SigmaRule = DetectionRule | CorrelationRule;

/** A fault of a rule: what, where, and what to do about it. */
export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Path of the field, such as `detection.selection.user|re`. */
  readonly field: string;
  readonly message: string;
}

/** A document that narrows rules: they match only where its condition holds too. */
export interface Filter {
  readonly kind: "filter";
  /** The filter's `id`, else a UUIDv5 of its title. */
  readonly id: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly logsource: Logsource;
  /** Ids of the rules that it narrows: those it names, or `any`, as far as its logsource fits. */
  readonly rules: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** All that could be loaded, and all that is wrong with the rest. */
export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  readonly filters: readonly Filter[];
  /** Faults: what has one is left out. */
  readonly problems: readonly RuleProblem[];
  /** What loads, but hardly means what it says. */
  readonly warnings: readonly RuleProblem[];
}
