import type { GeneratorRate, GeneratorStatus } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import { JsonText, type Transport } from "../transport/transport.ts";
import { Background } from "./background.ts";
import { BacklogGate } from "./backlog-gate.ts";
import type { GeneratorObserver } from "./generator-observer.ts";
import { Outlet } from "./outlet.ts";
import { Pace, type RatePlan } from "./pace.ts";
import { RecentRate } from "./recent-rate.ts";

/** What the engine runs on. */
export interface EngineOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Milliseconds that only grow. */
  readonly elapsed: () => number;
  readonly seed: number;
  readonly log: Logger;
  readonly observe: GeneratorObserver;
}

const shortestTick = 20;
const longestTick = 1_000;
const flushMilliseconds = 2_000;

/**
 * Makes background events at the pace it is told and hands them to the transport. It starts silent. What is due while
 * the transport or its readers cannot follow is counted as skipped and never made up for.
 */
export class GeneratorEngine {
  readonly #options: EngineOptions;
  readonly #pace: Pace;
  /** Made with the first event: a generator that stays silent costs nothing. */
  #background: Background | undefined;
  readonly #outlet: Outlet;
  readonly #gate: BacklogGate;
  readonly #recent: RecentRate;
  readonly #publishing = new Set<Promise<void>>();
  #plan: RatePlan = { events_per_second: 0, shape: "constant", period_seconds: 60, burst_factor: 10 };
  #isPaused = false;
  #seed: number;
  #generated = 0;
  #skipped = 0;
  #tickedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EngineOptions) {
    const { transport, elapsed, seed, log } = options;
    this.#options = options;
    this.#seed = seed;
    this.#tickedAt = elapsed();
    this.#pace = new Pace(this.#plan, this.#tickedAt);
    this.#recent = new RecentRate(this.#tickedAt);
    this.#gate = new BacklogGate({ backlog: (topic) => transport.backlog(topic) });
    this.#outlet = new Outlet({
      publish: (events) => transport.publish("events", events),
      log,
      onPublished: (n) => this.#count(n),
      onLost: (n) => this.#skip(n),
    });
  }

  /** Does as it is told from now on; what is left out stays as it is. What was due before is made first. */
  change(rate: GeneratorRate): GeneratorStatus {
    const { paused, seed, ...changes } = rate;
    const now = this.#tick();
    if (Object.keys(changes).length > 0) {
      this.#plan = { ...this.#plan, ...changes };
      this.#pace.change(this.#plan, now);
      this.#recent.reset(now);
    }
    if (paused !== undefined && paused !== this.#isPaused) this.#pause(paused, now);
    if (seed !== undefined) {
      this.#seed = seed;
      this.#background?.reseed(seed);
    }
    this.#tick();
    return this.status();
  }

  /** What it is told to do, and what it does. */
  status(): GeneratorStatus {
    const now = this.#options.elapsed();
    return {
      ...this.#plan,
      paused: this.#isPaused,
      seed: this.#seed,
      actual_events_per_second: this.#recent.perSecond(now),
      generated: this.#generated,
      skipped: this.#skipped,
      buffered: this.#outlet.buffered,
      backlog: this.#gate.waiting ?? null,
      limited_by: this.#limit(now),
    };
  }

  /** Publishes events that do not belong to the background, at once: resolves and rejects as the transport does. */
  async publish(events: readonly object[]): Promise<void> {
    const work = this.#options.transport.publish("events", events).then(() => this.#count(events.length));
    this.#publishing.add(work);
    await work.finally(() => this.#publishing.delete(work));
  }

  /** Hands over events that do not belong to the background, and tries for as long as it takes. */
  enqueue(events: readonly object[]): void {
    this.#outlet.add(events);
  }

  /** Makes no more, and waits at most two seconds until the transport owns what was made or published. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#gate.stop();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, flushMilliseconds);
    await Promise.race([Promise.allSettled([this.#outlet.flush(), ...this.#publishing]), late.promise]);
    clearTimeout(timer);
    this.#outlet.stop();
  }

  #pause(isPaused: boolean, now: number): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#pace.pause(now);
    else this.#pace.resume(now);
    this.#recent.reset(now);
  }

  /** Makes what is due and sets the time of the next look; returns the time of this one. */
  #tick(): number {
    const now = this.#options.elapsed();
    const due = this.#pace.due(now);
    const passed = now - this.#tickedAt;
    this.#tickedAt = now;
    if (due > 0) this.#make(due, passed);
    clearTimeout(this.#timer);
    const wait = this.#pace.wait(now);
    if (wait < Number.POSITIVE_INFINITY) {
      const milliseconds = Math.min(Math.max(Math.ceil(wait), shortestTick), longestTick);
      this.#timer = setTimeout(() => this.#tick(), milliseconds);
    }
    return now;
  }

  #make(due: number, passed: number): void {
    const possible = this.#gate.isClosed ? 0 : Math.min(due, this.#outlet.room);
    if (possible < due) this.#skip(due - possible);
    if (possible === 0) return;
    const now = this.#options.clock.now();
    const receivedAt = formatTimestamp(now);
    const background = this.#background ?? new Background(this.#seed);
    this.#background = background;
    const events = Array.from({ length: possible }, (_none, index) => {
      // Spread over the time since the last look: a thousand events of one millisecond are nobody's day.
      const at = now - Math.floor((passed * (possible - 1 - index)) / possible);
      return new JsonText(background.next(at, receivedAt));
    });
    this.#outlet.add(events);
  }

  #limit(now: number): GeneratorStatus["limited_by"] {
    if (this.#isPaused || this.#pace.rate(now) === 0) return null;
    if (this.#outlet.isInTrouble || this.#outlet.room === 0) return "transport";
    return this.#gate.isClosed ? "backlog" : null;
  }

  #count(events: number): void {
    this.#generated += events;
    this.#recent.add(events, this.#options.elapsed());
    this.#options.observe.generated(events);
  }

  #skip(events: number): void {
    this.#skipped += events;
    this.#options.observe.skipped(events);
  }
}
