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
/** What people search for: cut to this length, for it stands in an index. */
const search: Column = { kind: "text", most: 256 };
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
    summary: { kind: "json", most: 1024 * 1024 },
    body: { kind: "json", most: 8 * 1024 * 1024 },
    position: bigint,
    rule_name: search,
    actor: search,
    host: search,
    ip: { ...search, nullable: true },
    type: search,
    words: { kind: "text", most: 2048 },
    synthetic: integer,
    count: bigint,
    status: { kind: "text", most: 16 },
    assignee: { ...search, nullable: true },
    reason: { ...word, nullable: true },
    version: integer,
    incident_id: { ...uuid, nullable: true },
    stored_at: bigint,
    traceparent: { ...word, nullable: true },
  },
  incidents: {
    incident_id: uuid,
    fingerprint: word,
    joinable: integer,
    status: { kind: "text", most: 16 },
    severity: integer,
    told: integer,
    opened_by: { kind: "text", most: 1024 * 1024 },
    rule_id: word,
    rule_name: search,
    actor: search,
    host: search,
    alert_count: bigint,
    first_seen: bigint,
    last_seen: bigint,
    at: bigint,
  },
  operations: {
    operation_id: uuid,
    at: bigint,
    who: word,
    action: word,
    matched: bigint,
    changed: bigint,
    undo_of: { ...uuid, nullable: true },
  },
  history: {
    operation_id: uuid,
    subject_id: uuid,
    at: bigint,
    who: word,
    action: word,
    from_status: { ...word, nullable: true },
    to_status: { ...word, nullable: true },
    from_assignee: { ...search, nullable: true },
    to_assignee: { ...search, nullable: true },
    from_reason: { ...word, nullable: true },
    to_reason: { ...word, nullable: true },
    note: { kind: "text", most: 8192, nullable: true },
    version: integer,
  },
  idempotency: {
    idempotency_key: word,
    at: bigint,
    digest: word,
    status: integer,
    answer: { kind: "text", most: 1024 * 1024 },
  },
  channels: {
    channel_id: uuid,
    at: bigint,
    name: word,
    kind: word,
    settings: { kind: "json", most: 64 * 1024 },
    severity: integer,
    enabled: integer,
    disabled_reason: { kind: "text", most: 2048, nullable: true },
    version: integer,
  },
  deliveries: {
    delivery_id: uuid,
    at: bigint,
    channel_id: uuid,
    incident_id: { ...uuid, nullable: true },
    type: word,
    notice: { kind: "json", most: 64 * 1024 },
    state: { kind: "text", most: 16 },
    attempts: integer,
    tries: integer,
    tries_from: bigint,
    next_at: bigint,
    leased_until: bigint,
    detail: { kind: "text", most: 2048, nullable: true },
    settled_at: { ...bigint, nullable: true },
    traceparent: { ...word, nullable: true },
  },
  delivery_attempts: {
    delivery_id: uuid,
    attempt: integer,
    at: bigint,
    duration_ms: bigint,
    outcome: word,
    code: { ...integer, nullable: true },
    detail: { kind: "text", most: 2048 },
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
    rule_set: { kind: "json", nullable: true, most: 4096 },
  },
};

/** The names of a table's columns, in the order of every statement made here. */
export function columnNames<T extends keyof Schema>(table: T): (keyof Schema[T] & string)[] {
  return Object.keys(columns[table]) as (keyof Schema[T] & string)[];
}
