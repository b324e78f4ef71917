import type { DependencyHealth } from "@auditflow/contracts";
import type { Clock } from "./clock.ts";
import { everyLine } from "./every-line.ts";
import { impairedBy, type WatchedDependency } from "./health.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What the watch writes to, and whose time it goes by. */
export interface WatchSurroundings {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/**
 * Logs each change of a dependency's state once and keeps the `dependency_up` gauge. One that changes more than six
 * times in a minute gets a line with the number of the changes every ten seconds instead. Returns a function that
 * ends it.
 */
export function watchDependencies(
  dependencies: readonly WatchedDependency[],
  surroundings: WatchSurroundings,
): () => void {
  const watches = dependencies.map((dependency) => new DependencyWatch(dependency, surroundings));
  const timer = setInterval(() => {
    for (const watch of watches) watch.look();
  }, lookEveryMs);
  return () => clearInterval(timer);
}

const lookEveryMs = 250;

/** A first connection that takes no longer is no trouble worth a line. */
const firstTryMs = 2000;

const mostLines = 6;
const countedOverMs = 60_000;
const summaryEveryMs = 10_000;

class DependencyWatch {
  readonly #dependency: WatchedDependency;
  readonly #around: WatchSurroundings;
  /** When a line was written for a change, the oldest first. */
  #written: number[] = [];
  #seen: DependencyHealth | undefined;
  /** Changes that had no line of their own yet. */
  #held = 0;

  constructor(dependency: WatchedDependency, around: WatchSurroundings) {
    this.#dependency = dependency;
    this.#around = around;
  }

  look(): void {
    const { metrics, clock } = this.#around;
    const { need, health } = this.#dependency;
    const state = health();
    const now = clock.now();
    metrics.dependencyUp.set({ need, name: state.name }, state.status === "pass" ? 1 : 0);
    const isStarting = this.#seen === undefined && state.status === "fail";
    if (isStarting && now - Date.parse(state.since) < firstTryMs) return;
    const changes = changesBetween(this.#seen, state);
    this.#seen = state;
    if (changes > 0) this.#changed(changes, now, state);
    else if (this.#held > 0 && now - (this.#written.at(-1) ?? 0) >= summaryEveryMs) this.#tell(now, state);
  }

  #changed(changes: number, now: number, state: DependencyHealth): void {
    this.#held += changes;
    this.#written = this.#written.filter((at) => now - at < countedOverMs);
    const flapping = this.#written.length >= mostLines;
    if (!flapping || now - (this.#written.at(-1) ?? 0) >= summaryEveryMs) this.#tell(now, state);
  }

  #tell(now: number, state: DependencyHealth): void {
    const changes = this.#held;
    this.#held = 0;
    this.#written.push(now);
    const { log } = this.#around;
    const { need } = this.#dependency;
    const { name, status, since, last_error, next_try_at } = state;
    const fields = {
      "event.name": `dependency.${status}`,
      dependency: name,
      need,
      since,
      ...(changes > 1 ? { changes } : {}),
      // It is seen to here that there are not too many.
      [everyLine]: true,
    };
    // The need is part of the text, so that the log never counts one dependency's lines as repeats of another's.
    const text = `${need} ${texts[status]}`;
    if (status === "pass") log.info(fields, text);
    else {
      const impaired_features = impairedBy(this.#dependency, status);
      log.warn({ ...fields, last_error, next_try_at, impaired_features }, text);
    }
  }
}

const texts = {
  pass: "works",
  warn: "works in part",
  fail: "is down",
} as const;

/** A state that began anew although it is called the same was another one in between. */
function changesBetween(before: DependencyHealth | undefined, after: DependencyHealth): number {
  if (before === undefined || before.status !== after.status) return 1;
  return before.since === after.since ? 0 : 2;
}
