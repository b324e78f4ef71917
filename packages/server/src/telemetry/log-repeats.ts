/** How repeats are held back. */
export interface RepeatLimits {
  /** So many of a kind are written within a window. */
  readonly written: number;
  readonly windowMs: number;
  /** So many kinds are known at once; the one known longest makes room. */
  readonly kinds: number;
}

/** Five lines of a kind in ten seconds are read; the next fifty say nothing new. */
export const repeatLimits: RepeatLimits = { written: 5, windowMs: 10_000, kinds: 256 };

/** The last line of a kind that was held back, and how many were before it. */
export interface Held<T> {
  readonly line: T;
  readonly repeated: number;
}

interface Window<T> {
  readonly endsAt: number;
  written: number;
  held: number;
  last: T | undefined;
}

/** Tells which lines are one too many of their kind, and keeps count of them. */
export class Repeats<T> {
  readonly #limits: RepeatLimits;
  /** In the order in which they end. */
  readonly #windows = new Map<string, Window<T>>();

  constructor(limits: RepeatLimits = repeatLimits) {
    this.#limits = limits;
  }

  /** When the next window ends, or undefined when none is open. */
  get endsAt(): number | undefined {
    return this.#windows.values().next().value?.endsAt;
  }

  /**
   * A line of a kind at a time. Answers how many of the kind were held back since the last one that was written, when
   * this one is to be written; undefined when it is held back. `tell` is told at once of a kind that has to make room.
   */
  take(
    kind: string,
    line: T,
    { now, tell }: { now: number; tell: (held: Held<T>) => void },
  ): number | undefined {
    const window = this.#windows.get(kind);
    if (window === undefined || now >= window.endsAt) return this.#open(kind, now, tell);
    if (window.written < this.#limits.written) {
      window.written += 1;
      return 0;
    }
    window.held += 1;
    window.last = line;
    return undefined;
  }

  #open(kind: string, now: number, tell: (held: Held<T>) => void): number {
    const before = this.#windows.get(kind)?.held ?? 0;
    this.#windows.delete(kind);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= this.#limits.kinds && oldest !== undefined) this.#close(oldest, tell);
    this.#windows.set(kind, { endsAt: now + this.#limits.windowMs, written: 1, held: 0, last: undefined });
    return before;
  }

  /** Closes every window that has ended by then, telling of what was held back in it. */
  endBy(now: number, tell: (held: Held<T>) => void): void {
    for (const [kind, { endsAt }] of this.#windows) {
      if (endsAt > now) return;
      this.#close(kind, tell);
    }
  }

  #close(kind: string, tell: (held: Held<T>) => void): void {
    const window = this.#windows.get(kind);
    this.#windows.delete(kind);
    if (window?.last !== undefined) tell({ line: window.last, repeated: window.held - 1 });
  }
}
