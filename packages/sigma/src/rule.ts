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
  /** The values that have a text: strings, numbers, booleans, and objects as JSON; never null. */
  texts(name: string | null): readonly string[];
  /** The same texts folded for comparison that ignores case. */
  foldedTexts(name: string | null): readonly string[];
}

/** A rule about one record. */
export interface DetectionRule extends RuleMetadata {
  readonly kind: "detection";
  readonly logsource: Logsource;
  /** Whether the record's content matches; the logsource is the caller's business (`applies`). Never throws. */
  matches(event: SigmaEvent): boolean;
  /** The reasons of a match: call it only for a record that matches. */
  explain(event: SigmaEvent): readonly MatchReason[];
}

/** The kinds of correlation: what a condition is about. Those that Sigma has beyond these are load errors. */
export const correlationTypes = ["event_count", "value_count", "temporal", "temporal_ordered"] as const;
/**
 * `event_count` counts events, `value_count` different values of a field, `temporal` different rules of `rules`;
 * `temporal_ordered` asks for all of them in their order, where events of one time are in any order.
 */
export type CorrelationType = (typeof correlationTypes)[number];

/** Bounds of a count condition, all of which must hold. */
export interface CountCondition {
  /** What value_count counts: different combinations of the values of these fields, never none. */
  readonly field?: readonly string[];
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly eq?: number;
  readonly neq?: number;
}

/**
 * A rule about several records that detection rules matched, or at which other correlation rules fired, within a window
 * of time.
 */
export interface CorrelationRule extends RuleMetadata {
  readonly kind: "correlation";
  readonly type: CorrelationType;
  /** Ids of the rules it counts, resolved from ids or names, in the order as written; never in a circle. */
  readonly rules: readonly string[];
  /** Of a correlation that it counts only the `groupBy` values are known: these fields are among them, by alias or name. */
  readonly groupBy: readonly string[];
  /** Per alias the field to read for each referenced rule id; in `groupBy` and `condition.field` it stands for them. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Length of the window in milliseconds. */
  readonly timespan: number;
  /**
   * Only gt (at least 0) and gte (at least 1) for now, so that "at least k" has a k from 1 to 1,000. A temporal type
   * that asks for all of its rules has gte: their number.
   */
  readonly condition: CountCondition;
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

/** All rules that could be loaded, and all that is wrong with the others. */
export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  readonly problems: readonly RuleProblem[];
}
