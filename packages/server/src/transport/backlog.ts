import { withDeadline } from "./deadline.ts";

const deadlineMs = 1_900;
const freshMs = 250;

/** What a question was answered, and when it was last asked. */
interface Kept {
  readonly askedAt: number;
  readonly answer: Promise<number | undefined>;
}

/**
 * Answers as `Transport.backlog` does, by a question that may hang or fail: one at a time for each topic, no more
 * often than every 250 ms.
 */
export class Backlog {
  readonly #count: (topic: string) => Promise<number | undefined>;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Set<string>();

  constructor(count: (topic: string) => Promise<number | undefined>) {
    this.#count = count;
  }

  of(topic: string): Promise<number | undefined> {
    const kept = this.#kept.get(topic);
    const now = performance.now();
    if (kept !== undefined && (this.#asking.has(topic) || now - kept.askedAt < freshMs)) {
      return inTime(kept.answer);
    }
    const answer = this.#ask(topic);
    this.#kept.set(topic, { askedAt: now, answer });
    return inTime(answer);
  }

  async #ask(topic: string): Promise<number | undefined> {
    this.#asking.add(topic);
    try {
      return await this.#count(topic);
    } catch {
      return undefined;
    } finally {
      this.#asking.delete(topic);
    }
  }
}

/** A question that hangs stays the only one; whoever asks meanwhile is told that nothing is known. */
function inTime(answer: Promise<number | undefined>): Promise<number | undefined> {
  return withDeadline(answer, deadlineMs, "Counting").catch(() => undefined);
}
