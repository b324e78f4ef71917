import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { Body } from "./body.ts";
import type { Origin } from "./refusal.ts";

/** A message on disk. `seq` grows with each message of any topic. */
export interface StoredMessage {
  readonly seq: number;
  readonly records: number;
  /** Where all its records belong. */
  readonly trace: TraceContext | undefined;
  readonly body: Body;
}

/** A record of a message that a group has not settled with its neighbours: it is handed over alone. */
export interface OpenRecord {
  /** Its place in the message; `wholeMessage` stands for all of them. */
  readonly position: number;
  readonly attempt: number;
  /** How often the process ended while it was in hand. */
  readonly deaths: number;
  /** Epoch milliseconds before which it is left alone. */
  readonly due: number;
}

/** The position of a message that was in hand when the process ended and has not been opened since. */
export const wholeMessage = -1;

/** Counting is for pacing, and must not hold up the process when very much waits. */
const countedTo = 100_000;

/** What a group still has to do with one message, apart from the messages it has not begun. */
export interface OpenMessage {
  readonly seq: number;
  /** Empty: settled, kept only until every message before it is settled too. */
  readonly records: readonly OpenRecord[];
}

/** How far a group has come with its topic. */
export interface ReaderRow extends Origin {
  readonly id: number;
  /** Every message up to here is settled or has its open records kept apart. */
  readonly settledTo: number;
  /** Messages up to here were in hand at some time. */
  readonly leasedTo: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, records INTEGER NOT NULL, zstd INTEGER NOT NULL,
    bytes INTEGER NOT NULL, body BLOB NOT NULL, trace TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS message_topic ON message (topic, seq);
  CREATE TABLE IF NOT EXISTS reader (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, "group" TEXT NOT NULL, settled_to INTEGER NOT NULL,
    leased_to INTEGER NOT NULL, UNIQUE (topic, "group")) STRICT;
  CREATE TABLE IF NOT EXISTS open_message (
    reader INTEGER NOT NULL, seq INTEGER NOT NULL, due INTEGER NOT NULL, records TEXT NOT NULL,
    PRIMARY KEY (reader, seq)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS open_message_due ON open_message (reader, due) WHERE records <> '[]';
  CREATE INDEX IF NOT EXISTS open_message_seq ON open_message (seq);
`;

/** The statements of the SQLite transport: what is stored and how, nothing of when. Not safe for two processes. */
export class SqliteStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #lastSeq: number;
  #bytes: number;

  constructor(path: string, maxFileBytes: number | undefined) {
    this.#db = new DatabaseSync(path);
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    this.#db.exec(schema);
    this.#addColumns();
    const { page_size } = this.#row("PRAGMA page_size") as { page_size: number };
    if (maxFileBytes !== undefined)
      this.#db.exec(`PRAGMA max_page_count = ${Math.ceil(maxFileBytes / page_size)}`);
    // A number once given must not come back when its message is gone: readers remember how far they are.
    const last = this.#row(
      "SELECT max(coalesce((SELECT max(seq) FROM message), 0), coalesce((SELECT max(leased_to) FROM reader), 0)) AS seq",
    ) as { seq: number };
    this.#lastSeq = last.seq;
    this.#bytes = (
      this.#row("SELECT coalesce(sum(bytes), 0) AS bytes FROM message") as { bytes: number }
    ).bytes;
  }

  /** Bytes of all bodies on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Runs `work` in one transaction, on disk when it returns; `fast` survives the process but not a power cut. */
  transaction(work: () => void, durability: "full" | "fast"): void {
    if (durability === "fast") this.#db.exec("PRAGMA synchronous = NORMAL");
    const before = { seq: this.#lastSeq, bytes: this.#bytes };
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      work();
      this.#db.exec("COMMIT");
    } catch (error) {
      // Some errors have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.#lastSeq = before.seq;
      this.#bytes = before.bytes;
      throw error;
    } finally {
      if (durability === "fast") this.#db.exec("PRAGMA synchronous = FULL");
    }
  }

  /** Files of the first version know no traces. */
  #addColumns(): void {
    const columns = this.#prepared("PRAGMA table_info(message)").all() as unknown as { name: string }[];
    if (columns.some(({ name }) => name === "trace")) return;
    this.#db.exec("ALTER TABLE message ADD COLUMN trace TEXT");
    this.#statements.clear();
  }

  append(topic: string, { records, body, trace }: Omit<StoredMessage, "seq">): void {
    this.#lastSeq += 1;
    this.#bytes += body.bytes.length;
    this.#prepared(
      "INSERT INTO message (seq, topic, records, zstd, bytes, body, trace) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ).run(this.#lastSeq, topic, records, body.zstd ? 1 : 0, body.bytes.length, body.bytes, trace ?? null);
  }

  /** Messages of a topic after `seq`, oldest first, until together they hold `maxRecords`; at least one if there is one. */
  after(topic: string, seq: number, maxRecords: number): StoredMessage[] {
    const found: StoredMessage[] = [];
    let records = 0;
    const rows = this.#prepared(
      "SELECT seq, records, zstd, body, trace FROM message WHERE topic = ? AND seq > ? ORDER BY seq",
    ).iterate(topic, seq);
    for (const row of rows) {
      const message = toMessage(row as unknown as MessageRow);
      if (found.length > 0 && records + message.records > maxRecords) break;
      records += message.records;
      found.push(message);
      if (records >= maxRecords) break;
    }
    return found;
  }

  message(seq: number): StoredMessage | undefined {
    const row = this.#row("SELECT seq, records, zstd, body, trace FROM message WHERE seq = ?", seq);
    return row === undefined ? undefined : toMessage(row as unknown as MessageRow);
  }

  /** The group's row; a group seen for the first time begins with the next message. */
  reader({ topic, group }: Origin): ReaderRow {
    this.#prepared(
      `INSERT INTO reader (topic, "group", settled_to, leased_to) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ).run(topic, group, this.#lastSeq, this.#lastSeq);
    const found = this.#row(
      `SELECT id, topic, "group", settled_to AS settledTo, leased_to AS leasedTo FROM reader WHERE topic = ? AND "group" = ?`,
      topic,
      group,
    );
    return found as unknown as ReaderRow;
  }

  readers(): ReaderRow[] {
    return this.#prepared(
      `SELECT id, topic, "group", settled_to AS settledTo, leased_to AS leasedTo FROM reader`,
    ).all() as unknown as ReaderRow[];
  }

  lease(id: number, leasedTo: number): void {
    this.#prepared("UPDATE reader SET leased_to = ? WHERE id = ?").run(leasedTo, id);
  }

  moveReader(id: number, settledTo: number, leasedTo: number): void {
    this.#prepared("UPDATE reader SET settled_to = ?, leased_to = ? WHERE id = ?").run(
      settledTo,
      leasedTo,
      id,
    );
    this.#prepared("DELETE FROM open_message WHERE reader = ? AND seq <= ? AND records = '[]'").run(
      id,
      settledTo,
    );
  }

  /** Messages in hand when the process ended: leased, neither settled nor kept apart. */
  unsettled(reader: ReaderRow): { seq: number }[] {
    return this.#prepared(
      `SELECT seq FROM message WHERE topic = ? AND seq > ? AND seq <= ?
       AND seq NOT IN (SELECT seq FROM open_message WHERE reader = ?) ORDER BY seq`,
    ).all(reader.topic, reader.settledTo, reader.leasedTo, reader.id) as unknown as { seq: number }[];
  }

  keepOpen(reader: number, { seq, records }: OpenMessage): void {
    const due = records.reduce((least, record) => Math.min(least, record.due), Number.MAX_SAFE_INTEGER);
    this.#prepared("INSERT OR REPLACE INTO open_message (reader, seq, due, records) VALUES (?, ?, ?, ?)").run(
      reader,
      seq,
      due,
      JSON.stringify(records),
    );
  }

  /** Open messages of a reader, those due first. */
  openMessages(reader: number, limit: number): OpenMessage[] {
    const rows = this.#prepared(
      "SELECT seq, records FROM open_message WHERE reader = ? AND records <> '[]' ORDER BY due LIMIT ?",
    ).all(reader, limit) as unknown as { seq: number; records: string }[];
    return rows.map(({ seq, records }) => ({ seq, records: JSON.parse(records) as OpenRecord[] }));
  }

  /** Messages of a topic after `seq`, counted up to `countedTo`. */
  countAfter(topic: string, seq: number): number {
    const sql = "SELECT count(*) AS n FROM (SELECT 1 FROM message WHERE topic = ? AND seq > ? LIMIT ?)";
    return (this.#row(sql, topic, seq, countedTo) as { n: number }).n;
  }

  /** Open messages of a reader, counted up to `countedTo`. */
  countOpen(reader: number): number {
    const sql =
      "SELECT count(*) AS n FROM (SELECT 1 FROM open_message WHERE reader = ? AND records <> '[]' LIMIT ?)";
    return (this.#row(sql, reader, countedTo) as { n: number }).n;
  }

  hasOpenAfter(reader: number, seq: number): boolean {
    return (
      this.#row("SELECT 1 FROM open_message WHERE reader = ? AND seq > ? LIMIT 1", reader, seq) !== undefined
    );
  }

  closeOpen(reader: number, seq: number): void {
    this.#prepared("DELETE FROM open_message WHERE reader = ? AND seq = ?").run(reader, seq);
  }

  /** Removes messages of a topic in (from, to] that no reader keeps open. */
  remove(topic: string, from: number, to: number): void {
    const rows = this.#prepared(
      `DELETE FROM message WHERE topic = ? AND seq > ? AND seq <= ?
       AND NOT EXISTS (SELECT 1 FROM open_message o WHERE o.seq = message.seq AND o.records <> '[]') RETURNING bytes`,
    ).all(topic, from, to) as unknown as { bytes: number }[];
    for (const { bytes } of rows) this.#bytes -= bytes;
  }

  /** A trivial read; throws when the file cannot be read. */
  look(): void {
    this.#row("SELECT 1 FROM reader LIMIT 1");
  }

  /** A trivial write, inside a transaction; throws when the file cannot be written. */
  touch(): void {
    this.#prepared("UPDATE reader SET settled_to = settled_to WHERE id = 1").run();
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #row(sql: string, ...parameters: (string | number)[]): unknown {
    return this.#prepared(sql).get(...parameters);
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

interface MessageRow {
  readonly seq: number;
  readonly records: number;
  readonly zstd: number;
  readonly body: Uint8Array;
  readonly trace: string | null;
}

function toMessage({ seq, records, zstd, body, trace }: MessageRow): StoredMessage {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return { seq, records, trace: trace ?? undefined, body: { bytes, zstd: zstd === 1 } };
}
