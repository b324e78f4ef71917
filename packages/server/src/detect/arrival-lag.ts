import type { Clock } from "../telemetry/clock.ts";

/** What is taken after this many milliseconds without anything is not what was held up before. */
const memoryMs = 10_000;

/**
 * Knows by how much the events that are taken lag behind their arrival: after an outage it takes a while until those are
 * there that had come before it.
 */
export class ArrivalLag {
  readonly #clock: Clock;
  #lag = Infinity;
  #notedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#notedAt = clock.now();
  }

  /** Notes an event that is taken now, by when intake had it, epoch milliseconds. */
  taken(receivedAt: number): void {
    this.#note(Math.max(0, this.#clock.now() - receivedAt));
  }

  /** Nothing can be taken now: there is no telling what waits. */
  heldUp(): void {
    this.#note(Infinity);
  }

  /** Milliseconds; infinite at the start and after having been held up, until an event is taken or none comes. */
  behind(): number {
    return this.#clock.now() - this.#notedAt > memoryMs ? 0 : this.#lag;
  }

  #note(lag: number): void {
    this.#lag = lag;
    this.#notedAt = this.#clock.now();
  }
}
