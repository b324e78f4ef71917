import { pause } from "./deadline.ts";
import type { Origin } from "./refusal.ts";
import {
  type OpenMessage,
  type OpenRecord,
  type ReaderRow,
  type SqliteStore,
  type StoredMessage,
  wholeMessage,
} from "./sqlite-store.ts";

/** A record to hand over alone, and the message it is part of. */
export interface AloneJob {
  readonly message: StoredMessage;
  readonly record: OpenRecord;
  readonly others: readonly OpenRecord[];
}

/** Something to write together with a settlement. */
export type Along = (store: SqliteStore) => void;

/** What a reader needs of the log it reads. */
export interface ReaderLog {
  readonly store: SqliteStore;
  /** Resolves when the change is durable; changes made close together are committed together. */
  change(apply: (store: SqliteStore) => void): Promise<void>;
  /** Commits at once. */
  changeNow(apply: (store: SqliteStore) => void): void;
  /** Lets go of the messages that every reader of the topic has settled; one may leave a message behind. */
  removeSettled(topic: string, leftBehind?: number): void;
}

/**
 * How far one group has come with its topic. Leases are kept in memory; on disk is only up to where messages were
 * ever in hand, so that after a crash the ones in hand, and only they, are handed over record by record; newer ones
 * wait for them, lest what is merely counted again comes too late to count.
 */
export class SqliteReader implements Origin {
  readonly topic: string;
  readonly group: string;
  /** Every message up to here is settled, or its open records are kept apart. */
  settledTo: number;
  readonly #log: ReaderLog;
  readonly #id: number;
  /** Messages up to here have been leased. */
  #cursor: number;
  readonly #inHand = new Set<number>();
  #givenBack: number[] = [];
  readonly #openInHand = new Set<number>();
  /** Messages with records that were in hand when the process ended and have not been handed over since. */
  readonly #recovering = new Set<number>();
  #news = Promise.withResolvers<void>();

  constructor(log: ReaderLog, row: ReaderRow) {
    this.topic = row.topic;
    this.group = row.group;
    this.#log = log;
    this.#id = row.id;
    this.settledTo = row.leasedTo;
    this.#cursor = row.leasedTo;
    if (row.settledTo < row.leasedTo) this.#recover(row);
    for (const { seq, records } of log.store.openMessages(row.id, Number.MAX_SAFE_INTEGER))
      if (records.some(isUntried)) this.#recovering.add(seq);
  }

  /**
   * Messages of up to `maxRecords` records, oldest first, none if there are none or others go first. Each is settled
   * or given back.
   */
  lease(maxRecords: number): StoredMessage[] {
    if (this.#recovering.size > 0) return [];
    if (this.#givenBack.length > 0) return this.#leaseAgain(maxRecords);
    const messages = this.#log.store.after(this.topic, this.#cursor, maxRecords);
    const last = messages.at(-1);
    if (last === undefined) return messages;
    this.#log.changeNow((store) => store.lease(this.#id, last.seq));
    this.#cursor = last.seq;
    for (const { seq } of messages) this.#inHand.add(seq);
    return messages;
  }

  /** Messages that nobody has in hand: new ones, those handed back, and those kept apart. */
  waiting(): number {
    const { store } = this.#log;
    const apart = store.countOpen(this.#id) - this.#openInHand.size;
    return store.countAfter(this.topic, this.#cursor) + this.#givenBack.length + Math.max(0, apart);
  }

  /** Hands messages back, to be leased again before any newer one. */
  giveBack(messages: readonly number[]): void {
    this.#givenBack = [...this.#givenBack, ...messages].sort((a, b) => a - b);
    this.wake();
  }

  /** Settles leased messages, all but the records named open. Resolves when that, and what goes along, is on disk. */
  settle(messages: readonly OpenMessage[], along: Along): Promise<void> {
    for (const { seq } of messages) this.#inHand.delete(seq);
    this.settledTo = this.#inHand.size === 0 ? this.#cursor : Math.min(...this.#inHand) - 1;
    return this.#log.change((store) => {
      for (const message of messages) {
        // Settled before an older one: remembered by an empty entry until that one is settled too.
        if (message.records.length > 0 || message.seq > this.settledTo) store.keepOpen(this.#id, message);
      }
      store.moveReader(this.#id, this.settledTo, this.#cursor);
      along(store);
      this.#log.removeSettled(this.topic);
    });
  }

  /** The record that has been due longest, if any is due at `now`. It is settled by `settleAlone`. */
  nextAlone(now: number): AloneJob | undefined {
    const open = this.#oldestOpen();
    if (open === undefined) return undefined;
    const record = open.records.reduce((least, other) => (other.due < least.due ? other : least));
    if (record.due > now) return undefined;
    const message = this.#log.store.message(open.seq);
    if (message === undefined) throw new Error(`Message ${open.seq} is kept open and not there`);
    this.#openInHand.add(open.seq);
    return { message, record, others: open.records.filter((other) => other !== record) };
  }

  /** Writes down that the record is in hand, before it is: should the process end, the next one knows. */
  takeUp({ message, record, others }: AloneJob): void {
    const marked = { ...record, deaths: record.deaths + 1 };
    this.#log.changeNow((store) =>
      store.keepOpen(this.#id, { seq: message.seq, records: [marked, ...others] }),
    );
  }

  /** Settles the record, or puts these in its place. Resolves when that, and what goes along, is on disk. */
  async settleAlone(
    { message, others }: AloneJob,
    instead: readonly OpenRecord[],
    along: Along,
  ): Promise<void> {
    const { seq } = message;
    const records = [...instead, ...others];
    await this.#log.change((store) => {
      if (records.length > 0 || seq > this.settledTo) store.keepOpen(this.#id, { seq, records });
      else {
        store.closeOpen(this.#id, seq);
        this.#log.removeSettled(this.topic, seq);
      }
      along(store);
    });
    this.#openInHand.delete(seq);
    if (!records.some(isUntried)) this.#recovering.delete(seq);
    this.wake();
  }

  /** Lets the job go as it is, because it could not be taken up. */
  drop({ message }: AloneJob): void {
    this.#openInHand.delete(message.seq);
  }

  /** Resolves when there may be something to take, or the signal is aborted. */
  async news(now: number, signal: AbortSignal): Promise<void> {
    const open = this.#oldestOpen();
    const due = open?.records.reduce((least, { due }) => Math.min(least, due), Number.MAX_SAFE_INTEGER);
    const waiting = new AbortController();
    const wait = due === undefined ? 60_000 : Math.min(60_000, Math.max(1, due - now));
    await Promise.race([this.#news.promise, pause(wait, AbortSignal.any([signal, waiting.signal]))]);
    waiting.abort();
  }

  wake(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }

  /** An orderly end: what was given back is nobody's fault and comes again with its neighbours. */
  leave(): void {
    const { store } = this.#log;
    if (this.#givenBack.length === 0 || this.#inHand.size > this.#givenBack.length) return;
    if (store.hasOpenAfter(this.#id, this.settledTo)) return;
    store.transaction(() => store.moveReader(this.#id, this.settledTo, this.settledTo), "full");
  }

  #recover(row: ReaderRow): void {
    const { store } = this.#log;
    const whole = { position: wholeMessage, attempt: 1, deaths: 1, due: 0 };
    store.transaction(() => {
      for (const { seq } of store.unsettled(row)) store.keepOpen(row.id, { seq, records: [whole] });
      store.moveReader(row.id, row.leasedTo, row.leasedTo);
    }, "full");
  }

  #leaseAgain(maxRecords: number): StoredMessage[] {
    const messages: StoredMessage[] = [];
    let records = 0;
    for (const seq of this.#givenBack) {
      const message = this.#log.store.message(seq);
      if (message === undefined) throw new Error(`Message ${seq} was given back and is not there`);
      if (messages.length > 0 && records + message.records > maxRecords) break;
      records += message.records;
      messages.push(message);
    }
    this.#givenBack = this.#givenBack.slice(messages.length);
    return messages;
  }

  #oldestOpen(): OpenMessage | undefined {
    const open = this.#log.store.openMessages(this.#id, this.#openInHand.size + 1);
    return open.find(({ seq }) => !this.#openInHand.has(seq));
  }
}

/** What was tried and is to be tried again is due at some time. */
function isUntried({ due }: OpenRecord): boolean {
  return due === 0;
}
