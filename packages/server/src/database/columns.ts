import type { Schema } from "./schema.ts";

/** What a column takes; a `uuid` is written in lower case. */
export type ColumnKind = "uuid" | "integer" | "bigint" | "text" | "json";

/** What a column holds, the same on every engine. */
export interface Column {
  readonly kind: ColumnKind;
  readonly nullable?: true;
  /** Most UTF-16 units of a text. An indexed one must stay well under the 2,704 bytes of a PostgreSQL index row. */
  readonly most: number;
}

const word: Column = { kind: "text", most: 512 };
const uuid: Column = { kind: "uuid", most: 36 };
const integer: Column = { kind: "integer", most: 0 };
const bigint: Column = { kind: "bigint", most: 0 };

/** Every column of every table: what both engines take, whichever of them is used. */
export const columns: { readonly [T in keyof Schema]: { readonly [C in keyof Schema[T]]: Column } } = {
  alerts: {
    alert_id: uuid,
    revision: integer,
    merged_into: { ...uuid, nullable: true },
    at: bigint,
    // Short, for it stands in one index row with the rule.
    severity: { kind: "text", most: 64 },
    rule_id: word,
    digest: word,
    summary: { kind: "json", most: 1024 * 1024 },
    body: { kind: "json", most: 8 * 1024 * 1024 },
    position: bigint,
  },
  quarantine: {
    quarantine_id: { kind: "text", most: 128 },
    at: bigint,
    topic: word,
    group_name: word,
    code: word,
    reason: { kind: "text", most: 8192 },
    encoding: word,
    size_bytes: bigint,
    body: { kind: "text", most: 32 * 1024 * 1024 },
  },
  service_reports: {
    report_id: { kind: "text", most: 128 },
    at: bigint,
    from_at: bigint,
    instance: word,
    version: word,
    services: { kind: "json", most: 4096 },
    generated: bigint,
    accepted: bigint,
    evaluated: bigint,
  },
};

/** The names of a table's columns, in the order of every statement made here. */
export function columnNames<T extends keyof Schema>(table: T): (keyof Schema[T] & string)[] {
  return Object.keys(columns[table]) as (keyof Schema[T] & string)[];
}
