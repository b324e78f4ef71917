import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, connect } from "amqplib";
import { Redis } from "ioredis";
import { Client } from "pg";
import { installMissing } from "../../scripts/servers/install.ts";
import type { LocalServer } from "../../scripts/servers/local-server.ts";
import { postgres } from "../../scripts/servers/postgres.ts";
import { type RabbitmqServer, rabbitmq } from "../../scripts/servers/rabbitmq.ts";
import { redis } from "../../scripts/servers/redis.ts";

/** The queues of the groups, by topic. */
export const queues = {
  events: "auditflow.events.audit-log-analysis",
  alerts: "auditflow.alerts.notification-service",
  quarantine: "auditflow.quarantine.notification-service",
  control: "auditflow.control.notification-service",
} as const;

const everyQueue = [
  ...Object.values(queues).flatMap((queue) => [queue, `${queue}.alone`]),
  "auditflow.parked",
  "audit_events",
];

/** What the broker says of a queue: messages that wait, without those in hand, and consumers. */
export interface QueueFacts {
  readonly messages: number;
  readonly consumers: number;
}

/** The servers of one run of the bench: its own, to be killed, held and started again. */
export interface RunServers {
  readonly rabbitmq: RabbitmqServer;
  readonly redis: LocalServer;
  readonly postgres: LocalServer;
  /** The URL of the database of the present case. */
  databaseUrl(): string;
  /** An empty database, an empty Redis and no queues of ours: nothing of an earlier case. All must run. */
  fresh(): Promise<void>;
  /** Lets every server that is held go on and starts every one that does not run. */
  heal(): Promise<void>;
  /** Does work on a channel of a connection straight to the broker. */
  amqp<T>(work: (channel: Channel) => Promise<T>): Promise<T>;
  /** Rejects when there is no such queue or no broker. */
  queue(name: string): Promise<QueueFacts>;
  /** The messages that wait in these queues, without those in hand. */
  depths(names: readonly string[]): Promise<number[]>;
  /** Rows of a statement, straight from the case's database. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  redisCommand(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Stops them all and removes their files. Idempotent. */
  stop(): Promise<void>;
}

/** Starts them on free ports, in a folder of their own; what is missing is installed by apt. */
export async function startRunServers(): Promise<RunServers> {
  await installMissing([rabbitmq, redis, postgres]);
  const folder = await mkdtemp(join(tmpdir(), "auditflow-faults-"));
  // PostgreSQL runs as another user than root and must be able to reach its folder.
  await chmod(folder, 0o711);
  const start = async <S extends LocalServer>(name: string, startIn: (own: string) => Promise<S>) => {
    const own = join(folder, name);
    await mkdir(own, { mode: 0o700 });
    return startIn(own);
  };
  const outcomes = await Promise.allSettled([
    start("rabbitmq", rabbitmq.start),
    start("redis", redis.start),
    start("postgres", postgres.start),
  ]);
  const [broker, cache, database] = outcomes;
  if (broker.status === "fulfilled" && cache.status === "fulfilled" && database.status === "fulfilled")
    return new Servers({ rabbitmq: broker.value, redis: cache.value, postgres: database.value }, folder);
  for (const one of outcomes) if (one.status === "fulfilled") await one.value.stop();
  await rm(folder, { recursive: true, force: true });
  throw new Error(
    outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])).join("\n"),
  );
}

class Servers implements RunServers {
  readonly rabbitmq: RabbitmqServer;
  readonly redis: LocalServer;
  readonly postgres: LocalServer;
  readonly #folder: string;
  #database: string | undefined;

  constructor(servers: Pick<RunServers, "rabbitmq" | "redis" | "postgres">, folder: string) {
    this.rabbitmq = servers.rabbitmq;
    this.redis = servers.redis;
    this.postgres = servers.postgres;
    this.#folder = folder;
  }

  databaseUrl(): string {
    if (this.#database === undefined) throw new Error("there is no database before `fresh`");
    return Object.assign(new URL(this.postgres.url), { pathname: `/${this.#database}` }).href;
  }

  async fresh(): Promise<void> {
    if (this.#database !== undefined)
      await inDatabase(this.postgres.url, `DROP DATABASE ${this.#database} WITH (FORCE)`);
    const database = `case_${randomBytes(6).toString("hex")}`;
    await inDatabase(this.postgres.url, `CREATE DATABASE ${database}`);
    this.#database = database;
    await this.redisCommand("FLUSHALL");
    await this.amqp(async (channel) => {
      for (const queue of everyQueue) await channel.deleteQueue(queue);
    });
  }

  async heal(): Promise<void> {
    for (const server of [this.postgres, this.redis, this.rabbitmq]) {
      await server.resume();
      if (!server.isRunning()) await server.startAgain();
    }
  }

  async amqp<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const connection = await connect(this.rabbitmq.url, { timeout: 10_000 });
    // A broker that is killed meanwhile tells the work so; the connection need not say it again.
    connection.on("error", () => undefined);
    try {
      const channel = await connection.createChannel();
      channel.on("error", () => undefined);
      return await work(channel);
    } finally {
      await connection.close().catch(() => undefined);
    }
  }

  async queue(name: string): Promise<QueueFacts> {
    const { messageCount, consumerCount } = await this.amqp((channel) => channel.checkQueue(name));
    return { messages: messageCount, consumers: consumerCount };
  }

  async depths(names: readonly string[]): Promise<number[]> {
    return this.amqp(async (channel) => {
      const counts: number[] = [];
      for (const name of names) counts.push((await channel.checkQueue(name)).messageCount);
      return counts;
    });
  }

  sql(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return inDatabase(this.databaseUrl(), text, values);
  }

  async redisCommand(name: string, ...args: readonly string[]): Promise<unknown> {
    const client = new Redis(this.redis.url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.rabbitmq.stop(), this.redis.stop(), this.postgres.stop()]);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function inDatabase(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({
    ...{ connectionString: url, options: "-c search_path=auditflow,public" },
    ...{ connectionTimeoutMillis: 10_000, query_timeout: 20_000 },
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement, [...values]);
    return rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
