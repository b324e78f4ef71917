import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError } from "@auditflow/contracts";
import {
  type AlertChange,
  type ChangesSource,
  changesAfter,
  endOfStream,
  isBefore,
  isHeldBack,
  type StreamPlace,
} from "../alerts/changes.ts";

/** Changes that follow a place without gap, and the place where the next ones begin; perhaps none. */
export interface ChangePage {
  readonly changes: readonly AlertChange[];
  readonly place: StreamPlace;
}

/** What a hub reads from, and whom it tells of trouble that is not the database being down. */
export interface HubOptions {
  readonly source: ChangesSource;
  /** A query failed through a fault of ours; it is tried again. */
  readonly onFault: (error: unknown) => void;
  /** Alerts are stored, but an open transaction of somebody else keeps them out of the stream; told once each time. */
  readonly onHeldBack: () => void;
}

/** Most changes handed over or read at once. */
const pageSize = 500;

/** Most changes kept for listeners that are a little behind: some 2 MB. */
const mostRecent = 2000;

/** Milliseconds between two looks into the database, and between two tries while it is down. */
const lookEvery = 100;
const tryEvery = 500;

/** After so many looks without news it is asked whether something holds the stream back: every 2 s. */
const askEvery = 20;

/**
 * Follows the stream of changes once for all listeners of the process, and only while there is one. A listener that
 * is further behind than what is kept here reads its own pages until it has caught up.
 */
export class AlertStreamHub {
  readonly #options: HubOptions;
  readonly #stopping = new AbortController();
  readonly #news = new EventEmitter().setMaxListeners(0);
  #listeners = 0;
  #polling = false;
  #quietLooks = 0;
  #timesHeld = 0;
  /** The changes between `start` and `end`, without gap; undefined until the database was reached. */
  #kept: { start: StreamPlace; end: StreamPlace; changes: AlertChange[] } | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** Counts a listener until the function that it returns is called. */
  join(): () => void {
    this.#listeners += 1;
    void this.#poll();
    return () => {
      this.#listeners -= 1;
    };
  }

  /**
   * Where a listener begins: after `wanted`, else at the end of the stream. A place that lies in the future comes
   * from a database that was restored since; it means the end too. Tries for as long as the database is down;
   * undefined once the signal is aborted.
   */
  async begin(wanted: StreamPlace | undefined, signal: AbortSignal): Promise<StreamPlace | undefined> {
    const end = await this.#untilRead(() => endOfStream(this.#options.source), signal);
    if (end === undefined || wanted === undefined) return end;
    return isBefore(wanted, end) ? wanted : end;
  }

  /** Waits for the changes after a place, for as long as it takes; undefined once the signal is aborted. */
  async next(place: StreamPlace, signal: AbortSignal): Promise<ChangePage | undefined> {
    while (!signal.aborted) {
      const kept = this.#kept;
      if (kept !== undefined && isBefore(place, kept.start))
        return await this.#own(place, kept.start, signal);
      const changes = kept === undefined ? [] : pageAfter(kept.changes, place);
      const last = changes.at(-1);
      if (last !== undefined) return { changes, place: last };
      await once(this.#news, "news", { signal }).catch(() => undefined);
    }
    return undefined;
  }

  /** Ends the looking for good. */
  stop(): void {
    this.#stopping.abort();
  }

  async #own(place: StreamPlace, start: StreamPlace, signal: AbortSignal): Promise<ChangePage | undefined> {
    const query = { after: place, limit: pageSize };
    const changes = await this.#untilRead(() => changesAfter(this.#options.source, query), signal);
    if (changes === undefined) return undefined;
    // With nothing there now, nothing will ever be between here and a place that was settled before this query.
    return { changes, place: changes.at(-1) ?? start };
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    const { signal } = this.#stopping;
    while (this.#listeners > 0 && !signal.aborted) {
      const isMore = await this.#untilRead(() => this.#look(), signal);
      if (isMore === false) await pause(lookEvery, signal);
    }
    this.#polling = false;
    this.#kept = undefined;
  }

  /** Takes what is new, at most a page, and says whether there may be more. */
  async #look(): Promise<boolean> {
    const { source } = this.#options;
    if (this.#kept === undefined) {
      const end = await endOfStream(source);
      this.#kept = { start: end, end, changes: [] };
      this.#news.emit("news");
    }
    const kept = this.#kept;
    const changes = await changesAfter(source, { after: kept.end, limit: pageSize });
    const last = changes.at(-1);
    if (last === undefined) return await this.#quiet();
    this.#quietLooks = 0;
    this.#timesHeld = 0;
    kept.changes.push(...changes);
    kept.end = last;
    const dropped = kept.changes.splice(0, kept.changes.length - mostRecent).at(-1);
    if (dropped !== undefined) kept.start = dropped;
    this.#news.emit("news");
    return changes.length === pageSize;
  }

  async #quiet(): Promise<false> {
    this.#quietLooks += 1;
    if (this.#quietLooks % askEvery !== 0) return false;
    this.#timesHeld = (await isHeldBack(this.#options.source)) ? this.#timesHeld + 1 : 0;
    // Once may be a write that is just going on; a third time would only repeat it.
    if (this.#timesHeld === 2) this.#options.onHeldBack();
    return false;
  }

  /** Reads again and again until it works. A database that is down tells of itself; other faults are told. */
  async #untilRead<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof AuditFlowError && error.retryable)) this.#options.onFault(error);
      }
      await pause(tryEvery, signal);
    }
    return undefined;
  }
}

function pageAfter(changes: readonly AlertChange[], place: StreamPlace): AlertChange[] {
  const first = changes.findLastIndex((change) => !isBefore(place, change)) + 1;
  return changes.slice(first, first + pageSize);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
