import { type RawBuilder, sql } from "kysely";
import type { ColumnKind } from "./columns.ts";
import { checkGiven } from "./row-fault.ts";

/** The array type in which a column travels; JSON as text, for the driver would write a text as a JSON string. */
const arrayTypes: Readonly<Record<ColumnKind, string>> = {
  uuid: "uuid[]",
  integer: "int[]",
  bigint: "bigint[]",
  text: "text[]",
  json: "text[]",
};

/**
 * A column of values as one parameter and the expression that takes it apart. Most texts travel joined by line ends:
 * to write them as an array, with quotes and escapes, costs the driver and the server more than the insert itself.
 */
export function columnOfValues(
  kind: ColumnKind,
  values: readonly unknown[],
): { readonly parameter: unknown; readonly expression: (placeholder: string) => string } {
  if (kind !== "text" && kind !== "json") {
    // Whole numbers and UUIDs, which were checked, need no quotes.
    const parameter = `{${values.map((value) => value ?? "NULL").join(",")}}`;
    return { parameter, expression: (placeholder) => `${placeholder}::${arrayTypes[kind]}` };
  }
  const joined = values.some(cannotBeJoined) ? "" : values.join("\n");
  // No text at all is not the same as one empty text.
  if (joined === "") return { parameter: values, expression: (placeholder) => `${placeholder}::text[]` };
  return { parameter: joined, expression: (placeholder) => `string_to_array(${placeholder}::text, e'\\n')` };
}

function cannotBeJoined(value: unknown): boolean {
  return value === null || (value as string).includes("\n");
}

/** Rows as a table of the name `given`; see the port. */
export function givenRows<K extends string>(
  kinds: Readonly<Record<K, ColumnKind>>,
  rows: readonly Readonly<Record<K, unknown>>[],
): RawBuilder<unknown> {
  checkGiven(kinds, rows);
  const names = Object.keys(kinds) as K[];
  const arrays = names.map((name) => {
    const { parameter, expression } = columnOfValues(
      kinds[name],
      rows.map((row) => row[name]),
    );
    const [before = "", after = ""] = expression("\0").split("\0");
    return sql`${sql.raw(before)}${parameter}${sql.raw(after)}`;
  });
  const refs = sql.join(names.map((name) => sql.ref(name)));
  const columns = names.map((name) => asStored(kinds[name], sql.ref(name)));
  return sql`(select ${sql.join(columns)} from unnest(${sql.join(arrays)}) as given (${refs})) as given`;
}

/** A value that travelled, as a column that is stored: text in the same order, JSON as JSON. */
function asStored(kind: ColumnKind, ref: RawBuilder<unknown>): RawBuilder<unknown> {
  if (kind === "text") return sql`${ref} collate "C" as ${ref}`;
  return kind === "json" ? sql`${ref}::json as ${ref}` : ref;
}
