const seconds = 10;

/** Events per second over the last whole seconds, up to ten; times are milliseconds of a clock that only grows. */
export class RecentRate {
  readonly #counts = new Array<number>(seconds + 1).fill(0);
  #began: number;
  #second = 0;

  constructor(now: number) {
    this.#began = now;
  }

  /** Begins anew: what was before says nothing of what is now. */
  reset(now: number): void {
    this.#counts.fill(0);
    this.#began = now;
    this.#second = 0;
  }

  /** Counts events at this moment. */
  add(events: number, now: number): void {
    this.#turnTo(now);
    this.#counts[this.#second % this.#counts.length]! += events;
  }

  /** What the whole seconds before this one held, divided by their number; 0 before the first has passed. */
  perSecond(now: number): number {
    this.#turnTo(now);
    const whole = Math.min(this.#second, seconds);
    const current = this.#counts[this.#second % this.#counts.length]!;
    const sum = this.#counts.reduce((all, count) => all + count, 0) - current;
    return whole === 0 ? 0 : sum / whole;
  }

  #turnTo(now: number): void {
    const second = Math.floor((now - this.#began) / 1000);
    const steps = Math.min(second - this.#second, this.#counts.length);
    for (let step = 0; step < steps; step += 1) {
      this.#counts[(second - step) % this.#counts.length] = 0;
    }
    this.#second = Math.max(second, this.#second);
  }
}
