import {
  type AlertSeverity,
  type AlertStatus,
  alertSeverities,
  alertStatuses,
  type Filter,
  type FilterOperator,
  type FilterPattern,
  type FilterTerm,
  timeBounds,
} from "@auditflow/contracts";
import type { AlertRow } from "../database/schema.ts";
import { searchable } from "./record.ts";

/** The columns of an alert that filters look at. */
export const filterColumns = [
  ...([
    "alert_id",
    "at",
    "severity",
    "status",
    "rule_id",
    "rule_name",
    "actor",
    "host",
    "ip",
    "type",
  ] as const),
  ...(["words", "assignee", "incident_id", "synthetic", "count"] as const),
] as const satisfies readonly (keyof AlertRow)[];

type FilterColumn = (typeof filterColumns)[number];
type TextColumn = Exclude<FilterColumn, "at" | "synthetic" | "count">;

/** One thing that can be true of one column; none of them is where the column is null, but `absent`. */
export type ColumnTest =
  | { readonly is: "oneOf"; readonly column: FilterColumn; readonly values: readonly (string | number)[] }
  /** A whole number in [from, to). */
  | {
      readonly is: "between";
      readonly column: "at" | "count";
      readonly from: number | undefined;
      readonly to: number | undefined;
    }
  /** The whole text; `folded`: of the column with its ASCII letters in lower case. */
  | {
      readonly is: "like";
      readonly column: TextColumn;
      readonly pattern: FilterPattern;
      readonly folded: boolean;
    }
  | { readonly is: "absent"; readonly column: TextColumn };

/** Holds when any of its tests is true, or with `not` when none is. */
export interface FilterClause {
  readonly not: boolean;
  readonly anyOf: readonly ColumnTest[];
}

/** The severities and statuses that a filter lets through, each in its order; an empty one lets nothing through. */
export interface FilterSets {
  readonly severities: readonly AlertSeverity[];
  readonly statuses: readonly AlertStatus[];
}

/** What `severity` and `status` terms come to together, negated and ordered ones too. */
export function filterSets(filter: Filter): FilterSets {
  return {
    severities: allowed(alertSeverities, filter, "severity"),
    statuses: allowed(alertStatuses, filter, "status"),
  };
}

/** A filter as tests of columns, all clauses of which must hold; `now` is epoch milliseconds. */
export function filterClauses(filter: Filter, now: number): FilterClause[] {
  const { severities, statuses } = filterSets(filter);
  const clauses: FilterClause[] = [];
  if (severities.length < alertSeverities.length) clauses.push(oneOfSet("severity", severities));
  if (statuses.length < alertStatuses.length) clauses.push(oneOfSet("status", statuses));
  for (const term of filter.terms) {
    if (term.field === "severity" || term.field === "status") continue;
    clauses.push({ not: term.not, anyOf: testsOf(term, now) });
  }
  return clauses;
}

function oneOfSet(column: "severity" | "status", values: readonly string[]): FilterClause {
  return { not: false, anyOf: [{ is: "oneOf", column, values }] };
}

function allowed<V extends string>(all: readonly V[], filter: Filter, field: "severity" | "status"): V[] {
  const terms = filter.terms.filter((term) => term.field === field);
  return all.filter((_, rank) =>
    terms.every(({ not, operator, values }) => {
      const fits = (values as readonly string[]).some((given) =>
        compares(rank, operator, (all as readonly string[]).indexOf(given)),
      );
      return fits !== not;
    }),
  );
}

function compares(rank: number, operator: FilterOperator, given: number): boolean {
  if (operator === "=") return rank === given;
  if (operator === ">") return rank > given;
  if (operator === ">=") return rank >= given;
  return operator === "<" ? rank < given : rank <= given;
}

type TestedTerm = Exclude<FilterTerm, { readonly field: "severity" | "status" }>;

function testsOf(term: TestedTerm, now: number): ColumnTest[] {
  switch (term.field) {
    case "text":
      return term.values.flatMap((pattern) => searched.map((column) => like(column, anywhere(pattern))));
    case "rule":
      return [...ruleIdTests(term.values), ...patternTests("rule_name", term.values)];
    case "user":
      return patternTests("actor", term.values);
    case "assignee":
      return assigneeTests(term.values);
    case "host":
    case "ip":
    case "type":
      return patternTests(term.field, term.values);
    case "incident":
      return [{ is: "oneOf", column: "incident_id", values: term.values }];
    case "id":
      return [{ is: "oneOf", column: "alert_id", values: term.values }];
    case "synthetic":
      return [{ is: "oneOf", column: "synthetic", values: term.values.map(Number) }];
    case "count":
      return countTests(term);
    case "time":
      return term.values.map((time) => ({
        ...{ is: "between", column: "at" },
        ...timeBounds(term.operator, time, now),
      }));
  }
}

const searched = ["words", "actor", "host", "ip"] as const;

function countTests({ operator, values }: Extract<TestedTerm, { readonly field: "count" }>): ColumnTest[] {
  if (operator === "=") return [{ is: "oneOf", column: "count", values }];
  return values.map((value) => {
    const from = operator === ">" ? value + 1 : value;
    const to = operator === "<=" ? value + 1 : value;
    const isLeast = operator === ">" || operator === ">=";
    return {
      ...{ is: "between", column: "count" },
      ...{ from: isLeast ? from : undefined, to: isLeast ? undefined : to },
    };
  });
}

function assigneeTests(values: readonly (FilterPattern | null)[]): ColumnTest[] {
  const named = values.filter((value) => value !== null);
  const absent: ColumnTest[] = named.length < values.length ? [{ is: "absent", column: "assignee" }] : [];
  return [...absent, ...patternTests("assignee", named)];
}

/** Columns whose text is in lower case and cut: what they are compared with is treated alike. */
function patternTests(column: TextColumn, patterns: readonly FilterPattern[]): ColumnTest[] {
  const { plain, wild } = split(patterns);
  const tests: ColumnTest[] = wild.map((pattern) => like(column, lowerCase(pattern)));
  return plain.length === 0
    ? tests
    : [{ is: "oneOf", column, values: plain.map((value) => searchable(value)) }, ...tests];
}

/** Rule ids are stored as given; to let an index answer, a plain one is looked for as written and in lower case. */
function ruleIdTests(patterns: readonly FilterPattern[]): ColumnTest[] {
  const { plain, wild } = split(patterns);
  const tests = wild.map((pattern) => ({ ...like("rule_id", foldAscii(pattern)), folded: true }));
  if (plain.length === 0) return tests;
  const values = [...new Set(plain.flatMap((value) => [value, value.toLowerCase()]))];
  return [{ is: "oneOf", column: "rule_id", values }, ...tests];
}

function split(patterns: readonly FilterPattern[]): { plain: string[]; wild: FilterPattern[] } {
  const texts = patterns.map(([piece, ...others]) =>
    piece !== undefined && "text" in piece && others.length === 0 ? piece.text : undefined,
  );
  return {
    plain: texts.filter((text) => text !== undefined),
    wild: patterns.filter((_, n) => texts[n] === undefined),
  };
}

function like(column: TextColumn, pattern: FilterPattern) {
  return { is: "like", column, pattern, folded: false } as const;
}

function anywhere(pattern: FilterPattern): FilterPattern {
  const any = { wild: "*" } as const;
  const isAny = (piece: FilterPattern[number] | undefined): boolean =>
    piece !== undefined && "wild" in piece && piece.wild === "*";
  const lower = lowerCase(pattern);
  return [...(isAny(lower[0]) ? [] : [any]), ...lower, ...(isAny(lower.at(-1)) ? [] : [any])];
}

function lowerCase(pattern: FilterPattern): FilterPattern {
  return changeText(pattern, (text) => text.toLowerCase());
}

/** As both engines' `lower` do with text that is compared byte by byte. */
function foldAscii(pattern: FilterPattern): FilterPattern {
  return changeText(pattern, lowerAscii);
}

/** A text with its ASCII letters in lower case, all else as it is. */
export function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function changeText(pattern: FilterPattern, change: (text: string) => string): FilterPattern {
  return pattern.map((piece) => ("text" in piece ? { text: change(piece.text) } : piece));
}
