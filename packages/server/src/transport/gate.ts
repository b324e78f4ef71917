/** Lets at most `capacity` holders in at a time, first come, first served. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(capacity: number) {
    this.#free = capacity;
  }

  /** Resolves when there is room; each entry is followed by exactly one `leave`. */
  enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
