import { type Column, type ColumnKind, columnNames, columns } from "./columns.ts";
import { RowRefused } from "./database.ts";
import type { Schema } from "./schema.ts";

/**
 * Why neither engine can keep a row as it is, undefined when nothing is wrong. PostgreSQL takes no NUL; SQLite would
 * take nearly anything; drivers rewrite a lone surrogate silently. One check before both makes them alike.
 */
export function rowFault<T extends keyof Schema>(table: T, row: Schema[T]): string | undefined {
  for (const name of columnNames(table)) {
    const column: Column = columns[table][name];
    const value: unknown = row[name];
    if (value === null && column.nullable) continue;
    const fault = checks[column.kind](value, column);
    if (fault !== undefined) return `${name} ${fault}`;
  }
  return undefined;
}

/**
 * Checks rows that are to be a table in a query as `rowFault` checks those that are to be stored; any may be null.
 * @throws RowRefused for the first value that one of the engines would refuse, or take for another.
 */
export function checkGiven<K extends string>(
  kinds: Readonly<Record<K, ColumnKind>>,
  rows: readonly Readonly<Record<K, unknown>>[],
): void {
  for (const [name, kind] of Object.entries(kinds) as [K, ColumnKind][]) {
    const check = checks[kind];
    const column = { kind, most: Number.POSITIVE_INFINITY };
    for (const row of rows) {
      const fault = row[name] === null ? undefined : check(row[name], column);
      if (fault !== undefined) throw new RowRefused(`${name} ${fault}`);
    }
  }
}

type Check = (value: unknown, column: Column) => string | undefined;

const checks: Readonly<Record<ColumnKind, Check>> = {
  uuid: (value) => (isUuid(value) ? undefined : "is not a UUID in lower case"),
  integer: (value) => (isWhole(value, 2 ** 31 - 1) ? undefined : "is not a whole number of 32 bits"),
  bigint: (value) =>
    isWhole(value, Number.MAX_SAFE_INTEGER) ? undefined : "is not a whole number within 2^53",
  text: textFault,
  json: (value, column) => textFault(value, column) ?? jsonFault(value as string),
};

function isUuid(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= most;
}

function textFault(value: unknown, { most }: Column): string | undefined {
  if (typeof value !== "string") return "is not text";
  if (value.length > most) return `is longer than ${most} characters`;
  if (value.includes("\0")) return "holds a NUL character, which PostgreSQL cannot store";
  return value.isWellFormed() ? undefined : "holds a lone surrogate, which is not Unicode text";
}

/** Escapes of NUL or of a surrogate: rare enough to look closer only then. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/;

function jsonFault(text: string): string | undefined {
  if (!text.includes("\\u") || !suspicious.test(text)) return undefined;
  let fault: string | undefined;
  const look = (value: unknown): void => {
    if (typeof value === "string") fault ??= innerTextFault(value);
  };
  try {
    JSON.parse(text, (key: string, value: unknown) => {
      look(key);
      look(value);
      return value;
    });
  } catch {
    return "is not valid JSON";
  }
  return fault;
}

function innerTextFault(text: string): string | undefined {
  if (text.includes("\0")) return "holds a NUL character (\\u0000), which PostgreSQL cannot store";
  return text.isWellFormed() ? undefined : "holds a lone surrogate, which is not Unicode text";
}
