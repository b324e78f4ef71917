import { createHash, randomInt } from "node:crypto";
import type { DependencyHealth } from "@auditflow/contracts";
import type { Clock } from "../telemetry/clock.ts";
import { type RedisCommands, RedisConnection } from "./redis-connection.ts";
import { RedisGeneration } from "./redis-generation.ts";
import { memberCap, thinningOf } from "./stretches.ts";
import type {
  GroupCommit,
  GroupStep,
  GroupView,
  OnEvict,
  RangeView,
  StoredMember,
  Windows,
} from "./windows.ts";

/** What windows in Redis are made with. */
export interface RedisWindowsOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** Before the name of every key (default `auditflow:windows:`). */
  readonly prefix?: string;
  readonly clock: Clock;
  /** Most groups (default 1,000,000), spread over the shards. */
  readonly maxGroups?: number;
  /** Most members of one group (default 100,000). */
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
  /** Told when Redis turns out to have lost all that it held. */
  readonly onReset?: () => void;
  /** Longest a call waits for its answer, in milliseconds (default 3,000). */
  readonly deadline?: number;
}

/**
 * Windows in Redis, shared by any number of replicas. A group's keys and the index of its shard carry the same hash
 * tag, so that one script changes them together, on Redis Cluster too. Connects by itself, for as long as it takes.
 */
export function redisWindows(options: RedisWindowsOptions): Windows {
  return new RedisWindows(options);
}

const shards = 16;

/** How long after its group is abandoned a key goes by itself, if no sweep has removed it. */
const backstopMs = 3_600_000;

class RedisWindows implements Windows {
  readonly #connection: RedisConnection;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #maxGroups: number;
  readonly #maxMembers: number;
  readonly #onEvict: OnEvict;
  readonly #generation: RedisGeneration;
  #firstShard: number = randomInt(shards);

  constructor(options: RedisWindowsOptions) {
    const { url, prefix, clock, maxGroups, maxMembers, onEvict, deadline } = options;
    this.#connection = new RedisConnection({ url, clock, deadline: deadline ?? 3000 });
    this.#clock = clock;
    this.#prefix = prefix ?? "auditflow:windows:";
    this.#maxGroups = Math.ceil((maxGroups ?? 1_000_000) / shards);
    this.#maxMembers = maxMembers ?? 100_000;
    this.#onEvict = onEvict ?? (() => {});
    this.#generation = new RedisGeneration({
      ...{ connection: this.#connection, clock, key: `${this.#prefix}generation` },
      onReset: options.onReset ?? (() => {}),
    });
  }

  step(steps: readonly GroupStep[]): Promise<readonly GroupView[]> {
    return this.#connection.run((redis) =>
      steps.map((step) => (step.members.length === 0 ? this.#look(redis, step) : this.#step(redis, step))),
    );
  }

  commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]> {
    return this.#connection.run((redis) => commits.map((commit) => this.#commit(redis, commit)));
  }

  async due(now: number, lease: number, limit: number): Promise<readonly string[]> {
    await this.#generation.look();
    this.#firstShard = (this.#firstShard + 1) % shards;
    const order = Array.from({ length: shards }, (_, n) => (this.#firstShard + n) % shards);
    const share = Math.floor(limit / shards);
    const ask = (asked: readonly number[], most: number): Promise<readonly string[][]> =>
      this.#connection.run((redis) =>
        asked.map((shard) => {
          const { due, idle } = indexOf(this.#base(shard));
          return redis.auditflowDue(due, idle, now, now + lease, most);
        }),
      );
    // In one go where every shard can have a share of the limit, else one after the other until it is reached.
    if (share > 0) return unique(await ask(order, share));
    const keys: string[][] = [];
    for (const shard of order) {
      if (keys.flat().length < limit) keys.push(...(await ask([shard], limit - keys.flat().length)));
    }
    return unique(keys);
  }

  health(): DependencyHealth {
    return this.#generation.tell(this.#connection.health());
  }

  stop(): Promise<void> {
    return this.#connection.stop();
  }

  async #step(redis: RedisCommands, step: GroupStep): Promise<GroupView> {
    const { key, reach, span, whole, lateness, keep, expiresAt, ranges } = step;
    const names = this.#names(key);
    const sorted = step.members.map((member, position) => ({ ...member, position }));
    sorted.sort((a, b) => a.at - b.at);
    const { head, tail, trigger } = thinningOf(reach);
    const ttl = Math.max(backstopMs, expiresAt - this.#clock.now() + backstopMs);
    const [version, latest, expires, state, late, known, runs, counted, evicted] = await redis.auditflowStep(
      ...names.keys,
      ...[reach, span, lateness, keep, ttl, expiresAt, randomInt(1, 2 ** 47), key, names.base],
      ...[this.#maxGroups, memberCap(whole, this.#maxMembers), head, tail, trigger],
      ...[sorted.length, ranges.length, whole ? 1 : 0],
      ...sorted.flatMap(({ id, at, advances }) => [id, at, advances ? 1 : 0]),
      ...ranges.flatMap(({ from, to, limit }) => [from, to, limit]),
    );
    if (evicted > 0) this.#onEvict(evicted);
    const positions = (indexes: readonly number[]): number[] =>
      indexes.map((index) => sorted[index]!.position).sort((a, b) => a - b);
    return {
      version,
      latest: latest ?? undefined,
      expiresAt: expires,
      late: positions(late),
      known: positions(known),
      runs: runs.map(([from, members]) => ({ from, members: membersOf(members) })),
      ranges: counted.map(rangeOf),
      get state() {
        return stateOf(state);
      },
    };
  }

  async #look(redis: RedisCommands, { key, ranges }: GroupStep): Promise<GroupView> {
    const { keys } = this.#names(key);
    const [version, latest, expiresAt, state, counted] = await redis.auditflowLook(
      ...([keys[0], keys[1], keys[2]] as const),
      ...ranges.flatMap(({ from, to, limit }) => [from, to, limit]),
    );
    return {
      version,
      latest: latest ?? undefined,
      expiresAt: expiresAt ?? undefined,
      late: [],
      known: [],
      runs: [],
      ranges: counted.map(rangeOf),
      get state() {
        return stateOf(state);
      },
    };
  }

  async #commit(
    redis: RedisCommands,
    { key, version, keepFrom, dueAt, state }: GroupCommit,
  ): Promise<boolean> {
    const taken = await redis.auditflowCommit(
      ...this.#names(key).keys,
      ...[key, version, keepFrom, dueAt ?? ""],
      ...(state === undefined ? [] : [JSON.stringify(state)]),
    );
    return taken === 1;
  }

  #base(shard: number): string {
    return `${this.#prefix}{${shard}}:`;
  }

  /** The scripts make the same name of a key to evict its group. */
  #names(key: string): {
    base: string;
    keys: readonly [string, string, string, string, string, string];
  } {
    const hash = createHash("sha1").update(key).digest("hex");
    const base = this.#base(Number.parseInt(hash.slice(0, 2), 16) % shards);
    const { idle, due } = indexOf(base);
    return {
      base,
      keys: [`${base}${hash}:m`, `${base}${hash}:g`, `${base}${hash}:d`, idle, due, `${base}${hash}:k`],
    };
  }
}

function indexOf(base: string): { idle: string; due: string } {
  return { idle: `${base}idle`, due: `${base}due` };
}

function unique(keys: readonly (readonly string[])[]): string[] {
  return [...new Set(keys.flat())];
}

function stateOf(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

function rangeOf([count, first]: readonly [number, readonly string[]]): RangeView {
  return { count, first: membersOf(first) };
}

/** Redis lists members and scores in turn. */
function membersOf(flat: readonly string[]): StoredMember[] {
  const members: StoredMember[] = [];
  for (let n = 0; n < flat.length; n += 2) members.push({ id: flat[n]!, at: Number(flat[n + 1]) });
  return members;
}
