import { hash, randomInt } from "node:crypto";
import type { DependencyHealth } from "@auditflow/contracts";
import type { Clock } from "../telemetry/clock.ts";
import { type RedisCommands, RedisConnection } from "./redis-connection.ts";
import { RedisGeneration } from "./redis-generation.ts";
import {
  bounded,
  cutIntoCalls,
  jsonOf,
  type RedisGroupStep,
  type RedisStepReply,
  stepCall,
  viewOf,
} from "./redis-steps.ts";
import type { GroupCommit, GroupStep, GroupView, OnEvict, Windows } from "./windows.ts";

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

/** How many members a call may read before it ends early and is made again for what is left: some milliseconds. */
const budget = 2000;

const mostCommits = 100;

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The names that the scripts of a shard are given. */
interface Shard {
  readonly idle: string;
  readonly due: string;
  /** Before the names of its groups' keys. */
  readonly base: string;
}

class RedisWindows implements Windows {
  readonly #connection: RedisConnection;
  readonly #clock: Clock;
  readonly #shards: readonly Shard[];
  readonly #maxGroups: number;
  readonly #maxMembers: number;
  readonly #onEvict: OnEvict;
  readonly #generation: RedisGeneration;
  #firstShard: number = randomInt(shards);

  constructor(options: RedisWindowsOptions) {
    const { url, prefix = "auditflow:windows:", clock, maxGroups, maxMembers, onEvict, deadline } = options;
    this.#connection = new RedisConnection({ url, clock, deadline: deadline ?? 3000 });
    this.#clock = clock;
    this.#shards = Array.from({ length: shards }, (_, n) => shardOf(`${prefix}{2.${n}}:`));
    this.#maxGroups = Math.ceil((maxGroups ?? 1_000_000) / shards);
    this.#maxMembers = maxMembers ?? 100_000;
    this.#onEvict = onEvict ?? (() => {});
    this.#generation = new RedisGeneration({
      ...{ connection: this.#connection, clock, key: `${prefix}generation` },
      onReset: options.onReset ?? (() => {}),
    });
  }

  async step(steps: readonly GroupStep[]): Promise<readonly GroupView[]> {
    const views = new Array<GroupView>(steps.length);
    const calls = this.#byShard(steps, (step, id, position) => ({ step, id, position })).flatMap(
      ([shard, list]) => cutIntoCalls(list).map((part) => ({ shard, part })),
    );
    await this.#connection.run((redis) =>
      calls.map(({ shard, part }) => this.#stepOn(redis, { shard, part, views })),
    );
    return views;
  }

  async commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]> {
    const taken = new Array<boolean>(commits.length);
    const calls = this.#byShard(commits, (commit, id, position) => ({
      row: commitRow(commit, id),
      position,
    }));
    await this.#connection.run((redis) =>
      calls.flatMap(([{ idle, due, base }, list]) =>
        chunksOf(list, mostCommits).map(async (part) => {
          const reply = await redis.auditflowCommit(idle, due, base, jsonOf(part.map(({ row }) => row)));
          for (const [n, { position }] of part.entries()) taken[position] = reply[n] === 1;
        }),
      ),
    );
    return taken;
  }

  async due(now: number, lease: number, limit: number): Promise<readonly string[]> {
    await this.#generation.look();
    this.#firstShard = (this.#firstShard + 1) % shards;
    const order = this.#shards.map((_, n) => this.#shards[(this.#firstShard + n) % shards]!);
    const share = Math.floor(limit / shards);
    const ask = (asked: readonly Shard[], most: number): Promise<readonly string[][]> =>
      this.#connection.run((redis) =>
        asked.map(({ idle, due, base }) => redis.auditflowDue(idle, due, base, now, now + lease, most)),
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

  /** Makes one call, and others as long as the script ends early; each works on one group at least. */
  async #stepOn(
    redis: RedisCommands,
    { shard: { idle, due, base }, part, views }: StepsOnShard,
  ): Promise<void> {
    for (let rest = part; rest.length > 0; ) {
      const { settings, steps } = stepCall(rest, this.#maxMembers);
      const seed = randomInt(1, 2 ** 46);
      const bounds = [seed, this.#maxGroups, budget];
      const reply = await redis.auditflowStep(idle, due, base, this.#clock.now(), ...bounds, settings, steps);
      const [evicted, seen] = JSON.parse(reply) as RedisStepReply;
      if (evicted > 0) this.#onEvict(evicted);
      for (const [n, view] of seen.entries()) views[rest[n]!.position] = viewOf(view, rest[n]!.step);
      rest = rest.slice(seen.length);
    }
  }

  /** What belongs to each shard, in the same order. */
  #byShard<T extends { readonly key: string }, U>(
    items: readonly T[],
    make: (item: T, id: string, position: number) => U,
  ): [Shard, U[]][] {
    const lists = new Map<Shard, U[]>();
    for (const [position, item] of items.entries()) {
      const name = hash("sha256", item.key, "base64url");
      const shard = this.#shards[digits.indexOf(name[22]!) % shards]!;
      const made = make(item, name.slice(0, 22), position);
      const list = lists.get(shard);
      if (list === undefined) lists.set(shard, [made]);
      else list.push(made);
    }
    return [...lists];
  }
}

interface StepsOnShard {
  readonly shard: Shard;
  readonly part: readonly RedisGroupStep[];
  /** Where the views go. */
  readonly views: GroupView[];
}

function shardOf(base: string): Shard {
  return { idle: `${base}idle`, due: `${base}due`, base };
}

function commitRow(commit: GroupCommit, id: string): readonly unknown[] {
  const { version, edition = false, keepFrom, closedTo, dueAt, state } = commit;
  const times = [closedTo, dueAt].map((time) => time !== undefined && bounded(time));
  return [id, version, edition, bounded(keepFrom), ...times, state !== undefined && JSON.stringify(state)];
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, (n + 1) * size),
  );
}

function unique(keys: readonly (readonly string[])[]): string[] {
  return [...new Set(keys.flat())];
}
