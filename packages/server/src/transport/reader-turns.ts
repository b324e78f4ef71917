import { setTimeout as sleep } from "node:timers/promises";

/** Fewer new records than this are no burst: readers go on at once. */
const burstRecords = 100;

/** The longest that readers wait for publishers, in milliseconds: their share in a burst without end is a batch each. */
const longestWaitMs = 30;

/** The event loop waited so long for input: nobody who publishes is kept waiting. */
const idleMs = 0.5;

/**
 * Lets publishers go before the readers of one topic, since both share a thread: a burst is first taken, then handed
 * over. A reader waits until the event loop has nothing to do, and never more than 30 ms a batch: a publisher that
 * does not end cannot starve it.
 */
export class ReaderTurns {
  #published = 0;
  #seen = 0;
  #last: Promise<void> = Promise.resolve();

  /** Tells of records that somebody publishes. */
  published(records: number): void {
    this.#published += records;
  }

  /** Resolves when a reader may take a batch; readers that wait together have their turns one after the other. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => this.#turn());
    return this.#last;
  }

  async #turn(): Promise<void> {
    const fresh = this.#published - this.#seen;
    this.#seen = this.#published;
    if (fresh < burstRecords) return;
    const { idle } = performance.eventLoopUtilization();
    const until = performance.now() + longestWaitMs;
    do await sleep(1);
    while (performance.now() < until && performance.eventLoopUtilization().idle - idle < idleMs);
  }
}
