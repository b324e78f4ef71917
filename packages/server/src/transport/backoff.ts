import { ExponentialBackoff, type IBackoff } from "cockatiel";

/** Waiting times that grow with each trouble, jittered so that replicas do not come back in step. */
export class Backoff {
  readonly #factory: ExponentialBackoff<[number, number]>;
  #step: IBackoff<unknown> | undefined;

  constructor(options: { initialMs: number; maxMs: number }) {
    this.#factory = new ExponentialBackoff({ initialDelay: options.initialMs, maxDelay: options.maxMs });
  }

  /** Milliseconds to wait now; the next answer is longer, up to the maximum. */
  next(): number {
    this.#step = this.#step === undefined ? this.#factory.next() : this.#step.next(undefined);
    return Math.max(1, Math.round(this.#step.duration));
  }

  /** After a success: the next waiting time is the first one again. */
  reset(): void {
    this.#step = undefined;
  }
}

/** How long a record waits that failed `attempt` times: 100 ms, doubling, at most 30 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(30_000, 100 * 2 ** Math.min(attempt - 1, 16));
}
