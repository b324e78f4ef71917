import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { type Running, startService } from "../../packages/server/testing/process.ts";
import { until } from "../../packages/server/testing/until.ts";
import { tellingEvent } from "../../scenarios/telling-event.ts";
import { postgres } from "../../scripts/servers/postgres.ts";
import { type RabbitmqServer, rabbitmq } from "../../scripts/servers/rabbitmq.ts";
import { redis } from "../../scripts/servers/redis.ts";
import { makeCredentials } from "./credentials.ts";
import { type BrokerUser, brokerUsers } from "./rabbitmq-rights.ts";

/** Servers that know of the users what the Secret says, and nothing else. */
interface Site {
  readonly broker: RabbitmqServer;
  readonly keys: Readonly<Record<string, string>>;
  /** The operator of Redis. */
  readonly cache: Redis;
  stop(): Promise<void>;
}

let site: Site;

async function open(): Promise<Site> {
  // None within another: PostgreSQL runs as a user of its own, which could not come in.
  const folders = await Promise.all([1, 2, 3].map(() => mkdtemp(join(tmpdir(), "auditflow-rights-"))));
  const [inBroker = "", inCache = "", inDatabase = ""] = folders;
  const [broker, cacheServer, database] = await Promise.all([
    rabbitmq.start(inBroker),
    redis.start(inCache),
    postgres.start(inDatabase),
  ]);
  const cache = new Redis(cacheServer.url);
  const stop = async () => {
    cache.disconnect();
    await Promise.all([broker, cacheServer, database].map((server) => server.stop()));
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  };
  const keys = makeCredentials({
    rabbitmq: `amqp://${new URL(broker.url).host}/auditflow`,
    redis: `redis://${new URL(cacheServer.url).host}`,
    postgresql: database.url,
  });
  const definitions = join(inBroker, "definitions.json");
  await writeFile(definitions, keys["rabbitmq-definitions.json"] ?? "");
  await broker.ctl("import_definitions", definitions);
  await obey(cache, keys["redis-users.acl"] ?? "");
  return { broker, keys, cache, stop };
}

/** Makes the users of an ACL file, but leaves the default user to the operator. */
async function obey(cache: Redis, acl: string): Promise<void> {
  for (const line of acl.split("\n").filter((text) => text.startsWith("user auditflow "))) {
    await cache.call("ACL", "SETUSER", ...line.split(" ").slice(1));
  }
}

beforeAll(async () => {
  site = await open();
});
afterAll(() => site?.stop());

const token = () => site.keys["api-token"] ?? "";

async function startAll(): Promise<Map<string, Running>> {
  const env = {
    AUDITFLOW_API_TOKEN: token(),
    AUDITFLOW_LOG_LEVEL: "debug",
    WINDOWS_URL: site.keys["windows-url"] ?? "",
    DATABASE_URL: site.keys["database-url"] ?? "",
  };
  const roles = roleNames.filter((name): name is BrokerUser =>
    (brokerUsers as readonly string[]).includes(name),
  );
  const started = roles.map(async (role) => {
    const own = { ...env, TRANSPORT_URL: site.keys[`transport-url.${role}`] ?? "" };
    return [role, await startService([role], own)] as const;
  });
  return new Map(await Promise.all(started));
}

async function ask(url: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${token()}`, "content-type": "application/json" },
    ...(body === undefined
      ? {}
      : { method: path.endsWith("log-level") ? "PUT" : "POST", body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  expect(response.ok, `${path}: ${response.status}`).toBe(true);
  return (await response.json()) as Record<string, unknown>;
}

/** Alerts of the notification service, by the title of their rule. */
async function rulesOf(url: string): Promise<string[]> {
  const { alerts } = (await ask(url, "/api/v1/alerts?limit=100")) as { alerts: { rule_name: string }[] };
  return alerts.map(({ rule_name }) => rule_name);
}

const failedLogin = () => ({
  ...tellingEvent("host-1"),
  event_type: "user_login",
  action_result: "FAILURE",
  severity: "INFO",
  logsource: { category: "authentication" },
});

describe("with exactly its rights", () => {
  let running: Map<string, Running>;
  const urlOf = (role: BrokerUser) => running.get(role)?.url ?? "";
  beforeAll(async () => {
    running = await startAll();
  });
  afterAll(() => Promise.all([...(running?.values() ?? [])].map((service) => service.end("SIGTERM"))));

  test("every service works, from events to stored alerts, quarantine and commands", async () => {
    await ask(urlOf("audit-event-gateway"), "/api/v1/events", [
      tellingEvent(),
      ...Array.from({ length: 5 }, failedLogin),
    ]);
    await ask(urlOf("audit-event-generator"), "/api/v1/generator/events", tellingEvent());
    await legacyMessages(["not JSON", JSON.stringify(tellingEvent())]);
    const notification = urlOf("notification-service");
    await until(
      async () => (await rulesOf(notification)).includes("Burst of failed logins of one user"),
      "a burst is told",
    );
    await until(async () => (await rulesOf(notification)).length >= 3, "alerts of both ways in are stored");
    const quarantine = async () =>
      ((await ask(notification, "/api/v1/quarantine")) as { records: unknown[] }).records;
    await until(async () => (await quarantine()).length > 0, "the refused record is in quarantine");
    const levels = async () => await ask(notification, "/api/v1/services/all/log-level", { level: "info" });
    await until(
      async () => ((await levels())["processes"] as unknown[]).length === brokerUsers.length,
      "each hears commands",
    );
  });

  test("nobody is ever refused by the broker or by Redis", async () => {
    expect(await site.broker.log()).not.toMatch(/access_refused|ACCESS_REFUSED|PLAIN login refused/);
    expect(await site.cache.call("ACL", "LOG")).toEqual([]);
  });
});

/** As a service of the first AuditFlow sends them, by the broker's operator. */
async function legacyMessages(texts: readonly string[]): Promise<void> {
  await site.broker.ctl("set_permissions", "-p", "auditflow", "auditflow", ".*", ".*", ".*");
  const model = await connect(`${site.broker.url}/auditflow`);
  const channel = await model.createConfirmChannel();
  for (const text of texts) channel.sendToQueue("audit_events", Buffer.from(text));
  await channel.waitForConfirms();
  await model.close();
}

/** Whether the broker takes what the user does on a channel of its own. */
async function may(model: ChannelModel, act: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const channel = await model.createChannel();
  channel.on("error", () => undefined);
  try {
    await act(channel);
    await channel.close();
    return true;
  } catch (error) {
    if (!/ACCESS_REFUSED/.test(String(error))) throw error;
    return false;
  }
}

const queues: Readonly<Record<string, BrokerUser>> = {
  "auditflow.events.audit-log-analysis": "audit-log-analysis",
  "auditflow.events.audit-log-analysis.alone": "audit-log-analysis",
  "auditflow.alerts.notification-service": "notification-service",
  "auditflow.quarantine.notification-service": "notification-service",
  "auditflow.control.notification-service": "notification-service",
  audit_events: "audit-event-gateway",
};

test.each(brokerUsers)("%s can do nothing else on the broker", async (user) => {
  const model = await connect(site.keys[`transport-url.${user}`] ?? "");
  model.on("error", () => undefined);
  try {
    for (const [queue, reader] of Object.entries(queues)) {
      const reads = await may(model, (channel) => channel.get(queue, { noAck: false }));
      expect(reads, `reads ${queue}`).toBe(reader === user);
    }
    expect(await may(model, (channel) => channel.get("auditflow.parked"))).toBe(false);
    expect(await may(model, (channel) => channel.assertQueue("mine"))).toBe(false);
    expect(await may(model, (channel) => channel.assertExchange("mine", "fanout"))).toBe(false);
    const others = `auditflow.commands.${user === "notification-service" ? "audit-log-analysis" : "notification-service"}`;
    expect(await may(model, (channel) => channel.assertQueue(`${others}.${"0".repeat(36)}`))).toBe(false);
    const past = async (channel: Channel) => {
      channel.sendToQueue("auditflow.parked.none", Buffer.from(""));
      await channel.checkExchange("auditflow");
    };
    expect(await may(model, past), "writes past the exchange").toBe(user !== "audit-event-generator");
  } finally {
    await model.close().catch(() => undefined);
  }
});

test("a user of another virtual host's is none of this one, and there is no user without a password", async () => {
  const { host } = new URL(site.broker.url);
  await expect(connect(`amqp://audit-log-analysis@${host}/auditflow`)).rejects.toThrow(/ACCESS-REFUSED|403/);
  const own = new URL(site.keys["transport-url.audit-log-analysis"] ?? "");
  await expect(connect(`amqp://${own.username}:${own.password}@${host}/%2F`)).rejects.toThrow();
});

test("analysis can use nothing of Redis but its windows", async () => {
  const redisOf = new Redis(site.keys["windows-url"] ?? "", { maxRetriesPerRequest: 0 });
  try {
    await expect(redisOf.set("auditflow:windows:x", "1")).resolves.toBe("OK");
    await expect(redisOf.set("other", "1")).rejects.toThrow(/NOPERM/);
    for (const command of ["KEYS *", "FLUSHALL", "CONFIG GET dir", "ACL LIST", "CLIENT LIST"]) {
      const [name = "", ...args] = command.split(" ");
      await expect(redisOf.call(name, ...args), command).rejects.toThrow(/NOPERM/);
    }
  } finally {
    redisOf.disconnect();
  }
});
