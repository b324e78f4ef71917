import { randomUUID } from "node:crypto";
import type { DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** What the watch is made with. */
export interface RedisGenerationOptions {
  readonly connection: RedisConnection;
  /** The key of the mark: gone when everything is. */
  readonly key: string;
  readonly clock: Clock;
  /** Told each time that the store had lost everything. */
  readonly onReset: () => void;
}

/** How often the mark is looked at, and how long a loss is told as a warning, in milliseconds. */
const lookEvery = 2000;
const warnFor = 10 * 60_000;

/**
 * Notices that Redis lost all that it held, as after a restart without persistence: a mark that was there is gone, or
 * is another process's new one.
 */
export class RedisGeneration {
  readonly #options: RedisGenerationOptions;
  #known: string | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #resetAt: number | undefined;

  constructor(options: RedisGenerationOptions) {
    this.#options = options;
  }

  /** To be called often: it asks every two seconds. Rejects with `windows_unavailable`. */
  async look(): Promise<void> {
    const { connection, key, clock, onReset } = this.#options;
    const now = clock.now();
    if (Math.abs(now - this.#lookedAt) < lookEvery) return;
    this.#lookedAt = now;
    const [found] = await connection.run((redis) => [redis.auditflowGeneration(key, randomUUID())]);
    const before = this.#known;
    this.#known = found;
    if (before === undefined || before === found) return;
    this.#resetAt = now;
    onReset();
  }

  /** The health, with a warning for ten minutes after a loss. */
  tell(health: DependencyHealth): DependencyHealth {
    const at = this.#resetAt;
    if (health.status !== "pass" || at === undefined || this.#options.clock.now() >= at + warnFor)
      return health;
    const since = formatTimestamp(at);
    return { ...health, status: "warn", since, last_error: lostText };
  }
}

const lostText =
  "Redis lost everything it held: correlation rules began to count anew. It keeps its data with appendonly yes";
