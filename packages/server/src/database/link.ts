import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { ExponentialBackoff, type IBackoff } from "cockatiel";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { startProbe } from "../telemetry/probe.ts";

/** What a link to an engine is made with. */
export interface LinkOptions {
  /** The product, as health names it. */
  readonly name: string;
  readonly clock: Clock;
  /** Connects and migrates; called again after each failure and each loss. Must end by itself. */
  readonly open: () => Promise<void>;
  /** Asks the engine for a trifle, again and again while it is open. */
  readonly ask: () => Promise<unknown>;
  /** Changes with whatever the engine sends; undefined where that cannot be known. */
  readonly heard?: () => number;
  /** Whether what a question failed with says that the engine is down; by default it does. */
  readonly isLoss?: (error: unknown) => boolean;
}

/** A link that was lost sooner than so many milliseconds after it was open is opened again after a pause only. */
const steadyAfter = 5000;

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
  readonly #pauses = new ExponentialBackoff({ initialDelay: 200, maxDelay: longestPause });
  #health: DependencyHealth;
  #attempt: Promise<void> | undefined;
  #trying = false;
  #pause: IBackoff<unknown> | undefined;
  #openSince = 0;
  #endProbe: () => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#health = {
      name: options.name,
      status: "fail",
      since: this.#now(),
      last_error: "not connected yet",
      next_try_at: this.#now(),
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
    this.#endProbe();
    this.#fail(error);
    if (performance.now() - this.#openSince < steadyAfter) this.#pauseLonger();
    else this.#pause = undefined;
    void this.#keepTrying();
  }

  /** Ends the tries, refuses new calls and waits for those in hand, 4 s at most. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endProbe();
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
    while (!this.#stopping.signal.aborted) {
      // Without a pause the first try begins at once, so that the first caller can wait for it.
      if (this.#pause !== undefined) await this.#rest(this.#pause.duration);
      if (this.#stopping.signal.aborted) break;
      const attempt = this.#try();
      this.#attempt = attempt;
      await attempt;
      this.#attempt = undefined;
      if (this.#health.status === "pass") break;
      this.#pauseLonger();
    }
    this.#trying = false;
  }

  #pauseLonger(): void {
    this.#pause = this.#pause?.next(undefined) ?? this.#pauses.next();
  }

  async #rest(duration: number): Promise<void> {
    this.#health.next_try_at = formatTimestamp(this.#options.clock.now() + duration);
    await delay(duration, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  async #try(): Promise<void> {
    try {
      await this.#options.open();
      if (this.#stopping.signal.aborted) throw new Error("stopped");
      this.#health = { name: this.#options.name, status: "pass", since: this.#now() };
      this.#openSince = performance.now();
      this.#probe();
    } catch (error) {
      this.#fail(error);
    }
  }

  #probe(): void {
    const { ask, heard, isLoss } = this.#options;
    this.#endProbe = startProbe({
      ask,
      ...(heard === undefined ? {} : { heard }),
      onAnswer: (latency) => {
        this.#health.latency_ms = latency;
      },
      onFailure: (error) => {
        if (isLoss?.(error) !== false) this.lost(error);
      },
    });
  }

  #fail(error: unknown): void {
    const since = this.#health.status === "fail" ? this.#health.since : this.#now();
    this.#health = {
      name: this.#options.name,
      status: "fail",
      since,
      last_error: wordsOf(error),
      next_try_at: this.#now(),
    };
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
