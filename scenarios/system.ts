import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "amqplib";
import { Redis } from "ioredis";
import { Client } from "pg";
import { type Running, startService } from "../packages/server/testing/process.ts";

/** The product in one of its two shapes, fresh and empty. */
export interface System {
  readonly shape: Shape;
  /** Where events go in and where alerts come out. */
  readonly intake: () => string;
  readonly alerts: () => string;
  /** The one address of everything: the front door with the page. */
  readonly page: () => string;
  /** The address of each of its processes. */
  readonly urls: () => readonly string[];
  /** The names of the processes that make it up. */
  readonly parts: readonly string[];
  /** kill -9 and start again with the same settings. */
  killAndRestart(part: string): Promise<void>;
  /** One more process of a service. */
  addReplica(service: string): Promise<void>;
  /** SIGTERM to every part; resolves to the exit codes. */
  stop(): Promise<(number | null)[]>;
  /** Stops what still runs and removes what it left. */
  clean(): Promise<void>;
}

export type Shape = "embedded" | "distributed";
export const shapes: readonly Shape[] = ["embedded", "distributed"];

const services = [
  "audit-event-gateway",
  "audit-log-analysis",
  "notification-service",
  "audit-event-generator",
];
const frontDoor = "event-audit-dashboard";

/** Settings by the names of their environment variables. */
export type Settings = Readonly<Record<string, string>>;

/** Starts the product in the given shape; each of its processes gets the settings. */
export async function startSystem(shape: Shape, settings: Settings = {}): Promise<System> {
  return shape === "embedded" ? startEmbedded(settings) : startDistributed(settings);
}

async function startEmbedded(settings: Settings): Promise<System> {
  const data = await mkdtemp(join(tmpdir(), "auditflow-scenario-"));
  const parts = new Parts();
  await parts.start("auditflow", ["--data", data], { ...settings });
  const url = (): string => parts.url("auditflow");
  return {
    ...parts.asSystem("embedded", { intake: url, alerts: url, page: url }),
    clean: async () => {
      await parts.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function startDistributed(settings: Settings): Promise<System> {
  const servers = await emptyServers();
  const parts = new Parts();
  for (const service of services) await parts.start(service, [service], { ...settings, ...servers.env });
  await parts.start(frontDoor, [frontDoor], {
    ...settings,
    AUDITFLOW_GATEWAY_URL: parts.url("audit-event-gateway"),
    AUDITFLOW_ANALYSIS_URL: parts.url("audit-log-analysis"),
    AUDITFLOW_NOTIFICATION_URL: parts.url("notification-service"),
    AUDITFLOW_GENERATOR_URL: parts.url("audit-event-generator"),
  });
  return {
    ...parts.asSystem("distributed", {
      intake: () => parts.url("audit-event-gateway"),
      alerts: () => parts.url("notification-service"),
      page: () => parts.url(frontDoor),
    }),
    clean: async () => {
      await parts.stop();
      await servers.drop();
    },
  };
}

class Parts {
  readonly #running = new Map<
    string,
    { process: Running; args: readonly string[]; env: Record<string, string> }
  >();

  async start(name: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
    this.#running.set(name, { process: await startService(args, env), args, env });
  }

  url(name: string): string {
    return this.#part(name).process.url;
  }

  async restart(name: string): Promise<void> {
    const { process, args, env } = this.#part(name);
    await process.end("SIGKILL");
    await this.start(name, args, { ...env, AUDITFLOW_PORT: new URL(process.url).port });
  }

  async stop(): Promise<(number | null)[]> {
    const ending = [...this.#running.values()].map(({ process }) => process.end("SIGTERM"));
    this.#running.clear();
    return Promise.all(ending);
  }

  asSystem(shape: Shape, addresses: Pick<System, "intake" | "alerts" | "page">): Omit<System, "clean"> {
    return {
      shape,
      ...addresses,
      urls: () => [...this.#running.keys()].map((name) => this.url(name)),
      parts: [...this.#running.keys()],
      killAndRestart: (part) => this.restart(part),
      addReplica: async (service) => {
        const { args, env } = this.#part(service);
        await this.start(`${service} again`, args, env);
      },
      stop: () => this.stop(),
    };
  }

  #part(name: string): { process: Running; args: readonly string[]; env: Record<string, string> } {
    const part = this.#running.get(name);
    if (part === undefined) throw new Error(`${name} does not run`);
    return part;
  }
}

function serverUrl(variable: string): string {
  const url = process.env[variable];
  if (url === undefined)
    throw new Error(`${variable} is not set: run \`npm run scenarios\`, which starts the servers`);
  return url;
}

/** A database of its own, an empty Redis and no queues of ours: nothing of an earlier scenario. */
export async function emptyServers(): Promise<{ env: Record<string, string>; drop: () => Promise<void> }> {
  const amqp = serverUrl("AUDITFLOW_TEST_AMQP_URL");
  const redis = serverUrl("AUDITFLOW_TEST_REDIS_URL");
  const postgres = new URL(serverUrl("AUDITFLOW_TEST_POSTGRES_URL"));
  const name = `scenario_${process.pid}_${Date.now()}`;
  await inPostgres(postgres, `CREATE DATABASE ${name}`);
  await deleteQueues(amqp);
  const cache = new Redis(redis);
  await cache.flushdb();
  cache.disconnect();
  const own = new URL(postgres);
  own.pathname = `/${name}`;
  return {
    env: { TRANSPORT_URL: amqp, WINDOWS_URL: redis, DATABASE_URL: own.href },
    drop: () => inPostgres(postgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function inPostgres(url: URL, statement: string): Promise<void> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(statement);
  await client.end();
}

const groups = [
  "auditflow.events.audit-log-analysis",
  "auditflow.alerts.notification-service",
  "auditflow.quarantine.notification-service",
  "auditflow.control.notification-service",
];

const queues = [...groups.flatMap((queue) => [queue, `${queue}.alone`]), "auditflow.parked", "audit_events"];

async function deleteQueues(url: string): Promise<void> {
  const connection = await connect(url);
  for (const queue of queues) {
    const channel = await connection.createChannel();
    await channel.deleteQueue(queue);
    await channel.close();
  }
  await connection.close();
}
