import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { ExponentialBackoff, type IBackoff } from "cockatiel";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";

/** What a link to an engine is made with. */
export interface LinkOptions {
  /** The product, as health names it. */
  readonly name: string;
  readonly clock: Clock;
  /** Connects and migrates; called again after each failure and each loss. Must end by itself. */
  readonly open: () => Promise<void>;
}

/** Most milliseconds between two tries. */
const longestPause = 5000;

/** How long a call waits for a try that is running, in milliseconds. */
const longestWait = 8000;

/** How long `stop` waits for calls in hand, in milliseconds: the port promises 5 s in all. */
const longestFarewell = 4000;

/**
 * Keeps a database open: tries at once and then with jittered backoff for as long as it takes, tells its health, and
 * knows the calls in hand.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #stopping = new AbortController();
  readonly #inHand = new Set<Promise<unknown>>();
  #health: DependencyHealth;
  #attempt: Promise<void> | undefined;
  #trying = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#health = {
      name: options.name,
      status: "fail",
      since: this.#now(),
      last_error: "not connected yet",
    };
    void this.#keepTrying();
  }

  health(): DependencyHealth {
    return { ...this.#health };
  }

  /** Does `work` once the database is open. Rejects with `database_unavailable` when it is down or stopped. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const call = this.#ready().then(work);
    this.#inHand.add(call);
    const settled = (): void => void this.#inHand.delete(call);
    call.then(settled, settled);
    return call;
  }

  /** Says that the database was lost: health fails, and it is opened again. */
  lost(error: unknown): void {
    if (this.#stopping.signal.aborted || this.#trying) return;
    this.#fail(error);
    void this.#keepTrying();
  }

  /** Ends the tries, refuses new calls and waits for those in hand, 4 s at most. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const timer = new AbortController();
    await Promise.race([
      Promise.allSettled([...this.#inHand, this.#attempt]),
      delay(longestFarewell, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    if (this.#health.status === "pass") this.#fail(new Error("stopped"));
  }

  /** The error a caller gets while the database does not answer. */
  unavailable(cause: unknown): AuditFlowError {
    return new AuditFlowError("database_unavailable", `${this.#options.name}: ${wordsOf(cause)}`, { cause });
  }

  async #ready(): Promise<void> {
    if (this.#stopping.signal.aborted) throw this.unavailable(new Error("stopped"));
    if (this.#health.status === "pass") return;
    // A migration may take longer than a caller can wait.
    await Promise.race([this.#attempt, delay(longestWait, undefined, { ref: false })]);
    // Read anew: the try that was waited for may have ended well.
    const { status, last_error } = this.health();
    if (status !== "pass" || this.#stopping.signal.aborted)
      throw this.unavailable(new Error(last_error ?? "stopped"));
  }

  async #keepTrying(): Promise<void> {
    this.#trying = true;
    let pause: IBackoff<unknown> | undefined;
    while (!this.#stopping.signal.aborted) {
      const attempt = this.#try();
      this.#attempt = attempt;
      await attempt;
      this.#attempt = undefined;
      if (this.#health.status === "pass") break;
      pause =
        pause?.next(undefined) ??
        new ExponentialBackoff({ initialDelay: 200, maxDelay: longestPause }).next();
      this.#health.next_try_at = formatTimestamp(this.#options.clock.now() + pause.duration);
      await delay(pause.duration, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#trying = false;
  }

  async #try(): Promise<void> {
    try {
      await this.#options.open();
      if (this.#stopping.signal.aborted) throw new Error("stopped");
      this.#health = { name: this.#options.name, status: "pass", since: this.#now() };
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const since = this.#health.status === "fail" ? this.#health.since : this.#now();
    this.#health = { name: this.#options.name, status: "fail", since, last_error: wordsOf(error) };
  }

  #now(): string {
    return formatTimestamp(this.#options.clock.now());
  }
}

/** What an error says; connection errors to several addresses have their words inside. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
