import type { AlertSeverity } from "./alert-severity.ts";
import type { AlertStatus } from "./alert-status.ts";
import type { FilterFieldName } from "./filter-fields.ts";

/** `=` is the plain `:` before alternatives; each of the others stands before exactly one value. */
export type FilterOperator = "=" | ">" | ">=" | "<" | "<=";

/** A part of a pattern: text as it was written, or `*` (any text, also none) or `?` (any one character). */
export type FilterPatternPiece = { readonly text: string } | { readonly wild: "*" | "?" };

/** Text with wildcards; never empty, no piece of it is empty, and neither two texts nor two `*` follow each other. */
export type FilterPattern = readonly FilterPatternPiece[];

/** A whole day in UTC, a moment in the form AuditFlow writes, or a time before now; an `ago` of 0 is now itself. */
export type FilterTime =
  | { readonly day: string }
  | { readonly at: string }
  | { readonly ago: number; readonly unit: FilterTimeUnit };

/** Seconds, minutes, hours, days, weeks. */
export type FilterTimeUnit = "s" | "m" | "h" | "d" | "w";

/** What a term of each field compares with; the null of `assignee` is nobody. */
export interface FilterFieldValues {
  text: FilterPattern;
  severity: AlertSeverity;
  status: AlertStatus;
  rule: FilterPattern;
  user: FilterPattern;
  host: FilterPattern;
  ip: FilterPattern;
  type: FilterPattern;
  assignee: FilterPattern | null;
  /** In lower case, as `id`. */
  incident: string;
  id: string;
  synthetic: boolean;
  count: number;
  time: FilterTime;
}

/** A term of one field: holds when any of its values fits, or with `not` when none does. */
export interface FilterTermOf<F extends FilterFieldName> {
  readonly field: F;
  readonly not: boolean;
  readonly operator: FilterOperator;
  readonly values: readonly FilterFieldValues[F][];
}

/** A term of any field; its `field` tells what its values are. */
export type FilterTerm = { [F in FilterFieldName]: FilterTermOf<F> }[FilterFieldName];

/** What a filter says, as plain JSON: all terms must hold; without terms it lets everything through. */
export interface Filter {
  readonly terms: readonly FilterTerm[];
}

/** What is wrong with a part of a filter's text: [from, to) in UTF-16 units, and what to do about it. */
export interface FilterFault {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}
