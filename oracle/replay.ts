import { setImmediate as others } from "node:timers/promises";
import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { type Analyser, createAnalyser } from "../packages/server/src/detect/analyser.ts";
import type { Clock } from "../packages/server/src/telemetry/clock.ts";
import type { Windows } from "../packages/server/src/windows/windows.ts";
import { type Death, Died, deaths, dying, interleaved } from "../packages/server/testing/altered-windows.ts";
import { auditEvent } from "./audit-event.ts";
import type { Choice } from "./random-choice.ts";
import { leastLateness } from "./rules-from.ts";
import type { Stream } from "./stream.ts";

/** A run of the product over a stream. */
export interface Replay {
  readonly stream: Stream;
  readonly rules: RuleSet;
  readonly connect: (clock: Clock) => Promise<Windows>;
  readonly replicas: number;
  /** Decides who takes what, who dies of what, and when the clock moves. */
  readonly choice: Choice;
  /** Latenesses of the rules in milliseconds: a group is closed when it has been idle for that and some seconds. */
  readonly latenesses: readonly number[];
}

/** The highest revision of each alert that the replicas published. */
export type Published = ReadonlyMap<string, Alert>;

/** Runs the stream through replicas of the engine over one window store, to the end of all that is to come of it. */
export async function replay({ stream, connect, latenesses, ...given }: Replay): Promise<Published> {
  const clock = testClock(Date.UTC(2026, 0, 15, 12));
  const windows = await connect(clock);
  try {
    const site = new Site({ ...given, clock, windows: interleaved(windows) });
    const events = new Map(stream.events.map((event) => [event.id, auditEvent(event)]));
    for (const [number, { stretch, batches }] of stream.rounds.entries()) {
      // Stores that answer at once would leave nothing to runs that go on at the same time.
      await others();
      await site.round(batches.map((batch) => batch.map(({ id }) => events.get(id)!)));
      if (stream.rounds[number + 1]?.stretch !== stretch) await site.comeToRest(latenesses);
    }
    return site.published;
  } finally {
    await windows.stop();
  }
}

interface TestClock extends Clock {
  advance(ms: number): void;
}

function testClock(start: number): TestClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

type SiteOptions = Pick<Replay, "rules" | "replicas" | "choice"> & {
  readonly clock: TestClock;
  readonly windows: Windows;
};

/** A batch, and how it fares. */
interface Delivery {
  readonly batch: readonly AuditEvent[];
  /** First a replica dies of it: in a call of the store, before it has published, or before it knows that it has. */
  readonly death: Death | "before publishing" | "before confirming" | undefined;
  /** The one that takes it in the end has just started. */
  readonly isNew: boolean;
  /** How long the clock moves afterwards. */
  readonly pause: number;
}

function deliveryOf(choice: Choice, batch: readonly AuditEvent[]): Delivery {
  const death = choice.pick([...deaths, "before publishing", "before confirming"] as const);
  return {
    batch,
    death: choice.chance(0.15) ? death : undefined,
    isNew: choice.chance(0.03),
    pause: choice.pick([0, 0, 10, 300, 1200]),
  };
}

/** A group is idle only when nothing came for its lateness, and it counts as idle some seconds later. */
const idleMs = 10_000;

/** Replicas over one window store, and what reaches the other side. */
class Site {
  readonly published = new Map<string, Alert>();
  readonly #options: SiteOptions;
  readonly #replicas: Analyser[];
  /** So long the clock may still move before any group is idle. */
  #leisure = leastLateness;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.#replicas = Array.from({ length: options.replicas }, () => this.#analyser(options.windows));
  }

  /** Has the replicas take the batches at the same time, some of them twice. */
  async round(batches: readonly (readonly AuditEvent[])[]): Promise<void> {
    const { choice } = this.#options;
    // Drawn before anything runs: what is drawn does not depend on who is faster.
    const queue = batches
      .flatMap((batch) => (choice.chance(0.05) ? [batch, batch] : [batch]))
      .map((batch) => deliveryOf(choice, batch));
    const work = async (replica: number): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await this.#deliver(replica, next);
      }
    };
    await Promise.all(this.#replicas.map((_, replica) => work(replica)));
    await this.#sweep();
  }

  /**
   * Lets time pass until every group is idle and everything is told; the least late first, as it would be. Rules that
   * count others wait for those when they are idle themselves: the longest time passes once more.
   */
  async comeToRest(latenesses: readonly number[]): Promise<void> {
    const { clock } = this.#options;
    const ascending = [0, ...new Set(latenesses)].sort((a, b) => a - b);
    for (const lateness of [...ascending, ascending.at(-1)!]) {
      clock.advance(lateness + idleMs + 1000);
      for (let quiet = 0; quiet < 2; clock.advance(25_000)) {
        quiet = (await this.#sweep()) ? 0 : quiet + 1;
      }
    }
    this.#leisure = leastLateness;
  }

  #analyser(windows: Windows): Analyser {
    const { rules, clock } = this.#options;
    return createAnalyser({ rules, windows, clock });
  }

  async #deliver(replica: number, { batch, death, isNew, pause }: Delivery): Promise<void> {
    if (death !== undefined) await this.#die(batch, death);
    if (isNew) this.#replicas[replica] = this.#analyser(this.#options.windows);
    const analyser = this.#replicas[replica]!;
    this.#publish(analyser, await analyser.take(batch));
    this.#pause(pause);
  }

  async #die(batch: readonly AuditEvent[], death: NonNullable<Delivery["death"]>): Promise<void> {
    const { windows } = this.#options;
    const isLater = death === "before publishing" || death === "before confirming";
    const analyser = this.#analyser(isLater ? windows : dying(windows, death));
    const alerts = await analyser.take(batch).catch((error: unknown) => {
      if (error instanceof Died) return [];
      throw error;
    });
    if (death === "before confirming") this.#keep(alerts);
  }

  /** Tells whether anything came of it. */
  async #sweep(): Promise<boolean> {
    const analyser = this.#options.choice.pick(this.#replicas);
    const alerts = await analyser.sweep();
    this.#publish(analyser, alerts);
    return alerts.length > 0;
  }

  #publish(analyser: Analyser, alerts: readonly Alert[]): void {
    this.#keep(alerts);
    analyser.confirm(alerts);
  }

  #keep(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const { alert_id: id, revision } = alert;
      if (revision > (this.published.get(id)?.revision ?? 0)) this.published.set(id, alert);
    }
  }

  #pause(ms: number): void {
    if (ms > this.#leisure) return;
    this.#leisure -= ms;
    this.#options.clock.advance(ms);
  }
}
