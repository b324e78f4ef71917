import { setTimeout as delay } from "node:timers/promises";
import type { Service, SilentProcess } from "@auditflow/contracts";

/** A process that lately reported itself. */
export interface KnownProcess {
  readonly instance: string;
  readonly services: readonly Service[];
}

/** How long answers are waited for, in milliseconds. */
export interface Waits {
  /** At least, for those that nobody knows of yet. */
  readonly least: number;
  /** When nobody here knows who should answer. */
  readonly unknown: number;
  /** At most, for those known. */
  readonly most: number;
}

/** What came of an inquiry, in no order. */
export interface Answers<A extends KnownProcess> {
  readonly processes: readonly A[];
  /** Who should have answered and did not. */
  readonly silent: readonly SilentProcess[];
}

/** How an inquiry goes out. */
export interface InquirySteps {
  /** Settles as the link's `send` does. */
  readonly sent: Promise<void>;
  /** Who should answer; rejects when that cannot be told now, left out when never. */
  readonly known: Promise<readonly KnownProcess[]> | undefined;
  readonly waits: Waits | undefined;
}

/** Who is meant: these services, which are all of them or just one. */
export interface Meant {
  readonly wanted: readonly Service[];
  readonly isAll: boolean;
}

/** For answers that a process has at hand. */
export const defaultWaits: Waits = { least: 150, unknown: 700, most: 2_000 };

/** One command under way, and who has answered it. */
export class Inquiry<A extends KnownProcess> {
  readonly #meant: Meant;
  readonly #answers = new Map<string, A>();
  #arrival = Promise.withResolvers<void>();

  /** `own` is what this process answers itself. */
  constructor(own: readonly A[], meant: Meant) {
    this.#meant = meant;
    for (const process of own) this.take(process);
  }

  /** An answer; one that comes twice counts once. */
  take(process: A): void {
    this.#answers.set(process.instance, process);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  /** Waits as long as it is worth it. Never rejects. */
  async settle({ sent, known, waits = defaultWaits }: InquirySteps): Promise<Answers<A>> {
    const over = new AbortController();
    const pause = (ms: number): Promise<void> =>
      delay(ms, undefined, { signal: over.signal }).catch(() => undefined);
    const seen: Seen = {};
    const all = this.#waitForAll(seen, {
      sent,
      known,
      unknown: pause(waits.unknown),
      isOver: () => over.signal.aborted,
    });
    await Promise.race([Promise.all([all, pause(waits.least)]), pause(waits.most)]);
    over.abort();
    return { processes: [...this.#answers.values()], silent: this.#silent(seen) };
  }

  /** What is learned on the way is noted at once: the wait may be cut. */
  async #waitForAll(seen: Seen, steps: Steps): Promise<void> {
    const { sent, known, unknown, isOver } = steps;
    const [failure] = await Promise.all([
      sent.then(
        () => undefined,
        (error: unknown) => {
          seen.trouble = error instanceof Error ? error.message : String(error);
          return error;
        },
      ),
      known?.then(
        (processes) => {
          seen.known = processes.filter(({ services }) => this.#isMeant(services));
        },
        () => undefined,
      ),
    ]);
    if (failure !== undefined) return;
    if (seen.known === undefined) return await unknown;
    while (!isOver() && this.#missing(seen.known).length > 0) await this.#arrival.promise;
  }

  #isMeant(services: readonly Service[]): boolean {
    return services.some((service) => this.#meant.wanted.includes(service));
  }

  #missing(known: readonly KnownProcess[]): readonly KnownProcess[] {
    return known.filter(({ instance }) => !this.#answers.has(instance));
  }

  #silent({ known = [], trouble }: Seen): SilentProcess[] {
    const missing = this.#missing(known);
    const silent = missing.map(({ instance, services }) => ({
      ...{ instance, services: [...services] },
      reason: trouble === undefined ? noAnswer : notReached(trouble),
    }));
    const told = new Set([...this.#answers.values(), ...missing].flatMap(({ services }) => services));
    const untold = this.#meant.wanted.filter((service) => !told.has(service));
    if (untold.length === 0) return silent;
    // Without the link the reports stop too, so that who is not known may run all the same.
    if (trouble !== undefined) return [...silent, { services: untold, reason: notReached(trouble) }];
    return this.#meant.isAll ? silent : [...silent, { services: untold, reason: nobody }];
  }
}

/** What is learned while waiting. */
interface Seen {
  known?: readonly KnownProcess[];
  trouble?: string;
}

interface Steps extends Omit<InquirySteps, "waits"> {
  readonly unknown: Promise<void>;
  readonly isOver: () => boolean;
}

const noAnswer =
  "It reported itself lately and did not answer in time: it has ended, hangs, or cannot reach the broker. Ask again, " +
  "or ask it at its own address";
const nobody =
  "No process of it answered, and none reported itself lately: start it, or ask it at its own address";

function notReached(trouble: string): string {
  return `Other processes could not be reached (${trouble}). Ask each at its own address, or again when that is over`;
}
