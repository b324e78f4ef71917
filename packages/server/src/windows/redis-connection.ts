import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { Redis } from "ioredis";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { startProbe } from "../telemetry/probe.ts";
import { commitScript, dueScript, generationScript, stepScript } from "./redis-scripts.ts";

/** The scripts as commands; a timeout or a lost connection rejects. What they take and return stands beside them. */
export interface RedisCommands {
  auditflowStep(...args: readonly [idle: string, due: string, ...(string | number)[]]): Promise<string>;
  auditflowCommit(...args: readonly [idle: string, due: string, ...string[]]): Promise<readonly number[]>;
  auditflowDue(...args: readonly [idle: string, due: string, ...(string | number)[]]): Promise<string[]>;
  auditflowGeneration(key: string, id: string): Promise<string>;
}

/** What a connection to Redis is made with. */
export interface RedisConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Longest a command waits for its answer, in milliseconds. */
  readonly deadline: number;
}

const longestPauseMs = 5000;

/** After a connection that lasted shorter, in milliseconds, the pauses go on growing. */
const steadyAfterMs = 5000;

/** One connection to Redis that comes back by itself, and what is known about it. */
export class RedisConnection {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #deadline: number;
  #status: "pass" | "fail" = "fail";
  #since: string;
  #lastError: string | undefined;
  #nextTryAt: number;
  #latencyMs: number | undefined;
  #tries = 0;
  #upSince = 0;
  #endProbe: () => void = () => undefined;
  #stopped = false;

  constructor({ url, clock, deadline }: RedisConnectionOptions) {
    this.#clock = clock;
    this.#deadline = deadline;
    this.#nextTryAt = clock.now();
    this.#since = formatTimestamp(this.#nextTryAt);
    this.#redis = new Redis(url, {
      enableAutoPipelining: true,
      // A call made while Redis is away fails at once: its events wait in the broker, not in our memory.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: deadline,
      connectTimeout: deadline,
      keepAlive: 10_000,
      retryStrategy: () => this.#pause(),
      reconnectOnError: (error) => error.message.startsWith("READONLY"),
      scripts: {
        auditflowStep: { lua: stepScript, numberOfKeys: 2 },
        auditflowCommit: { lua: commitScript, numberOfKeys: 2 },
        auditflowDue: { lua: dueScript, numberOfKeys: 2 },
        auditflowGeneration: { lua: generationScript, numberOfKeys: 1 },
      },
    });
    this.#redis.on("ready", () => this.#up());
    this.#redis.on("error", (error: Error) => this.#down(error.message));
    this.#redis.on("close", () => this.#down(this.#lastError ?? "the connection was closed"));
  }

  /** Sends the commands together; rejects with `windows_unavailable` when one of them has no answer in time. */
  async run<T>(send: (redis: RedisCommands) => readonly Promise<T>[]): Promise<readonly T[]> {
    if (this.#stopped) throw new AuditFlowError("windows_unavailable", "the window store is stopped");
    try {
      if (this.#redis.status !== "ready") throw new Error(this.#lastError ?? "not connected yet");
      // All are awaited, so that none rejects later with nobody listening.
      const results = await Promise.allSettled(send(this.#redis as unknown as RedisCommands));
      return results.map((result) => {
        if (result.status === "rejected") throw result.reason;
        return result.value;
      });
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** What is known at this moment. */
  health(): DependencyHealth {
    return {
      name: "redis",
      status: this.#status,
      since: this.#since,
      ...(this.#status === "pass"
        ? {}
        : {
            last_error: this.#lastError ?? "not connected yet",
            next_try_at: formatTimestamp(this.#nextTryAt),
          }),
      ...(this.#latencyMs === undefined ? {} : { latency_ms: this.#latencyMs }),
    };
  }

  /** Drops the connection at once: whoever waits for an answer is told that there is none. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#redis.disconnect();
    this.#down("stopped");
  }

  #failure(error: unknown): AuditFlowError {
    const message = error instanceof Error ? error.message : String(error);
    if (message === "Command timed out") this.#drop(`no answer within ${this.#deadline} ms`);
    return new AuditFlowError("windows_unavailable", `redis: ${message}`, { cause: error });
  }

  /** A black hole never closes the connection by itself. */
  #drop(message: string): void {
    this.#down(message);
    if (!this.#stopped && this.#redis.status === "ready") this.#redis.disconnect(true);
  }

  #pause(): number {
    this.#tries += 1;
    const most = Math.min(longestPauseMs, 100 * 2 ** Math.min(this.#tries, 10));
    const pause = Math.round(most * (0.5 + Math.random() / 2));
    this.#nextTryAt = this.#clock.now() + pause;
    return pause;
  }

  #up(): void {
    this.#lastError = undefined;
    this.#upSince = performance.now();
    this.#become("pass");
    this.#endProbe();
    if (this.#stopped) return;
    this.#endProbe = startProbe({
      ask: () => this.#redis.ping(),
      heard: () => this.#redis.stream?.bytesRead ?? 0,
      onAnswer: (latency) => {
        this.#latencyMs = latency;
      },
      onFailure: (error) => this.#drop(error instanceof Error ? error.message : String(error)),
    });
  }

  #down(message: string): void {
    this.#endProbe();
    this.#lastError = message || "the connection failed";
    this.#latencyMs = undefined;
    if (this.#status === "pass") {
      this.#nextTryAt = this.#clock.now();
      if (performance.now() - this.#upSince >= steadyAfterMs) this.#tries = 0;
    }
    this.#become("fail");
  }

  #become(status: "pass" | "fail"): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#since = formatTimestamp(this.#clock.now());
  }
}
