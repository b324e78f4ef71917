import type { Filter } from "@auditflow/contracts";
import type { AlertRow } from "../database/schema.ts";
import { type ColumnTest, filterClauses, type filterColumns, lowerAscii } from "./filter-clauses.ts";
import { patternMatcher } from "./pattern-matcher.ts";

/** What a filter needs of an alert's row. */
export type FilterSubject = Pick<AlertRow, (typeof filterColumns)[number]>;

/** A filter as a function; `now`, epoch milliseconds, is what the filter's times count from, however late it is called. */
export function compileFilter(filter: Filter, now: number): (subject: FilterSubject) => boolean {
  const clauses = filterClauses(filter, now).map(({ not, anyOf }) => ({
    not,
    tests: anyOf.map(compileTest),
  }));
  return (subject) => clauses.every(({ not, tests }) => tests.some((test) => test(subject)) !== not);
}

function compileTest(test: ColumnTest): (subject: FilterSubject) => boolean {
  const { column } = test;
  if (test.is === "absent") return (subject) => subject[column] === null;
  if (test.is === "oneOf") {
    const values = new Set<string | number | null>(test.values);
    return (subject) => values.has(subject[column]);
  }
  if (test.is === "between") {
    const { column: number, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = test;
    return (subject) => subject[number] >= from && subject[number] < to;
  }
  const { column: text, pattern, folded } = test;
  const matches = patternMatcher(pattern);
  return (subject) => {
    const value = subject[text];
    return value !== null && matches(folded ? lowerAscii(value) : value);
  };
}
