import type { Transport } from "../transport/transport.ts";

/** Above the first it closes, below the second it opens again: messages that the slowest reader has before it. */
const closesAbove = 400;
const opensBelow = 200;

const askEvery = 500;

/** Asks the transport all the time how much waits, and closes while the readers cannot keep up. */
export class BacklogGate {
  readonly #ask: Transport["backlog"];
  #waiting: number | undefined;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor({ backlog }: { readonly backlog: Transport["backlog"] }) {
    this.#ask = backlog;
    void this.#look();
  }

  /** Messages that waited when it was asked last; undefined: not known. */
  get waiting(): number | undefined {
    return this.#waiting;
  }

  /** Whether nothing more may be made. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  // One question at a time: an answer may take two seconds.
  async #look(): Promise<void> {
    this.#waiting = await this.#ask("events");
    // Only what is known to wait holds the rate down; a server that is down does so by itself.
    this.#isClosed = (this.#waiting ?? 0) > (this.#isClosed ? opensBelow - 1 : closesAbove);
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#look(), askEvery);
  }
}
