import { AuditFlowError } from "@auditflow/contracts";
import { ExponentialBackoff, handleWhen, type IPolicy, retry } from "cockatiel";
import type { Logger } from "../telemetry/log.ts";

/** Events that may wait for the transport, those on their way included. */
const maxBuffered = 20_000;

/** Events that travel in one call. */
const batchSize = 500;

/** Calls that are on their way at one time. */
const batchesAtOnce = 32;

/** What an outlet is made with. */
export interface OutletOptions {
  /** `Transport.publish` for the topic of events. */
  readonly publish: (events: readonly object[]) => Promise<void>;
  readonly log: Logger;
  /** The transport owns this many more. */
  readonly onPublished: (n: number) => void;
  /** This many are given up: the transport will never take them. */
  readonly onLost: (n: number) => void;
}

/**
 * Hands events to the transport in the order in which they came, in batches, and tries again for as long as it takes
 * while the transport is in trouble. Who adds keeps to `room`.
 */
export class Outlet {
  readonly #options: OutletOptions;
  readonly #waiting: object[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #retry: IPolicy;
  #buffered = 0;
  #failures = 0;
  #isStopped = false;

  constructor(options: OutletOptions) {
    this.#options = options;
    const policy = retry(
      handleWhen((error) => !this.#isStopped && isPassing(error)),
      {
        maxAttempts: Number.POSITIVE_INFINITY,
        backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 5_000 }),
      },
    ).dangerouslyUnref();
    // Of this one: what it was made from tells nobody.
    policy.onRetry((reason) => this.#failed("error" in reason ? reason.error : undefined));
    this.#retry = policy;
  }

  /** Events that the transport does not own yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** How many more may be added. */
  get room(): number {
    return Math.max(0, maxBuffered - this.#buffered);
  }

  /** Whether the transport refused what it was handed last. */
  get isInTrouble(): boolean {
    return this.#failures > 0;
  }

  /** Takes events over; they leave as soon as they can. */
  add(events: readonly object[]): void {
    this.#buffered += events.length;
    this.#waiting.push(...events);
    this.#send();
  }

  /** Resolves when the transport owns, or will never own, all that was added. */
  async flush(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.race(this.#inFlight);
  }

  /** Hands over nothing more: what the transport does not own yet counts as lost. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#waiting.length = 0;
    if (this.#buffered > 0) this.#lose(this.#buffered, "the process ends");
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#inFlight.size < batchesAtOnce) {
      const batch = this.#waiting.splice(0, batchSize);
      const work = this.#publish(batch).finally(() => {
        this.#inFlight.delete(work);
        this.#send();
      });
      this.#inFlight.add(work);
    }
  }

  async #publish(batch: readonly object[]): Promise<void> {
    try {
      await this.#retry.execute(() => this.#options.publish(batch));
      if (this.#isStopped) return;
      this.#buffered -= batch.length;
      this.#worked();
      this.#options.onPublished(batch.length);
    } catch (error) {
      if (!this.#isStopped) this.#lose(batch.length, error);
    }
  }

  #lose(events: number, error: unknown): void {
    this.#buffered -= events;
    this.#options.log.error({ "event.name": "generator.lost", events, error }, "synthetic events were lost");
    this.#options.onLost(events);
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures > 1) return;
    this.#options.log.warn(
      { "event.name": "generator.held_up", error },
      "the transport takes no events; they wait",
    );
  }

  #worked(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#options.log.info({ "event.name": "generator.goes_on" }, "the transport takes events again");
  }
}

/** A transport that is stopping will not come back for this process. */
function isPassing(error: unknown): boolean {
  return error instanceof AuditFlowError && error.retryable && error.code !== "draining";
}
