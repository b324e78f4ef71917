import type { Filter, FilterPattern } from "@auditflow/contracts";
import { type Expression, expressionBuilder, type SqlBool, sql } from "kysely";
import type { Schema } from "../database/schema.ts";
import { type ColumnTest, type FilterClause, filterClauses } from "./filter-clauses.ts";

/**
 * The condition that holds for the rows of `alerts` that a filter lets through, for `where` of a query that names the
 * table so; `now` is epoch milliseconds. The same rows on both engines as `compileFilter` lets through.
 */
export function filterCondition(filter: Filter, now: number): Expression<SqlBool> {
  return alerts.and(filterClauses(filter, now).map(clauseCondition));
}

const alerts = expressionBuilder<Schema, "alerts">();

function clauseCondition({ not, anyOf }: FilterClause): Expression<SqlBool> {
  const any = alerts.or(anyOf.map(testCondition));
  // `not` alone would lose the rows where a column is null.
  return not ? sql<SqlBool>`(${any}) is not true` : any;
}

function testCondition(test: ColumnTest): Expression<SqlBool> {
  const column = alerts.ref(`alerts.${test.column}`);
  if (test.is === "oneOf")
    return test.values.length === 0 ? alerts.lit(false) : alerts(column, "in", test.values);
  if (test.is === "absent") return alerts(column, "is", null);
  if (test.is === "between") return range(column, test.from, test.to);
  const { pattern, folded } = test;
  if (folded) return likePattern(sql`lower(${column})`, pattern);
  return prefixRange(column, pattern) ?? likePattern(column, pattern);
}

function range(
  column: Expression<unknown>,
  from: string | number | undefined,
  to: string | number | undefined,
): Expression<SqlBool> {
  return alerts.and([
    ...(from === undefined ? [] : [alerts(column, ">=", from)]),
    ...(to === undefined ? [] : [alerts(column, "<", to)]),
  ]);
}

/** What an index answers; undefined when the pattern is more than the begin of a text. */
function prefixRange(column: Expression<unknown>, pattern: FilterPattern): Expression<SqlBool> | undefined {
  const [first, second, ...others] = pattern;
  if (first === undefined || others.length > 0) return undefined;
  if ("wild" in first) {
    return first.wild === "*" && second === undefined ? alerts(column, "is not", null) : undefined;
  }
  const endsOpen = second !== undefined && "wild" in second && second.wild === "*";
  return endsOpen ? range(column, first.text, afterPrefix(first.text)) : undefined;
}

/** The first text, byte by byte, after all that begin with the prefix; undefined when there is none. */
function afterPrefix(prefix: string): string | undefined {
  const signs = Array.from(prefix);
  while (signs.length > 0) {
    const last = signs.pop()!.codePointAt(0)!;
    // Nothing is between U+D7FF and U+E000, halves of characters aside.
    if (last < 0x10ffff) return signs.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

function likePattern(column: Expression<unknown>, pattern: FilterPattern): Expression<SqlBool> {
  const written = pattern.map((piece) => {
    if ("wild" in piece) return piece.wild === "*" ? "%" : "_";
    return piece.text.replaceAll(/[\\%_]/g, "\\$&");
  });
  return sql<SqlBool>`${column} like ${written.join("")} escape '\\'`;
}
