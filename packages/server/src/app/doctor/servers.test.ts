import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy, targetOf, throughProxy } from "../../../testing/fault-proxy.ts";
import { checkBroker } from "./check-broker.ts";
import { checkPostgres } from "./check-postgres.ts";
import { checkRedis, redisFacts } from "./check-redis.ts";
import { type Check, type Finding, runChecks } from "./finding.ts";

const clock = { now: () => Date.now() };

function serverUrl(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`Set ${variable} to a server for tests`);
  return url;
}

interface Kind {
  readonly variable: string;
  readonly port: number;
  readonly check: (url: string) => Check;
  /** What the fix for a wrong password names. */
  readonly setting: string;
}

const kinds: readonly Kind[] = [
  {
    variable: "AUDITFLOW_TEST_AMQP_URL",
    port: 5672,
    setting: "TRANSPORT_URL",
    check: (url) => checkBroker(url),
  },
  {
    variable: "AUDITFLOW_TEST_REDIS_URL",
    port: 6379,
    setting: "WINDOWS_URL",
    check: (url) => checkRedis(url, clock),
  },
  {
    variable: "AUDITFLOW_TEST_POSTGRES_URL",
    port: 5432,
    setting: "DATABASE_URL",
    check: (url) => checkPostgres(url, clock, `doctor_${randomUUID().replaceAll("-", "")}`),
  },
];

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const failures = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ status }) => status === "fail");

describe.each(kinds)("$setting", ({ variable, port, check, setting }) => {
  let proxy: FaultProxy;
  beforeEach(async () => {
    proxy = await startFaultProxy({ target: targetOf(serverUrl(variable), port) });
    undo.push(() => proxy.stop());
  });

  test("a server that is well has nothing to be repaired, and what is asked is closed again", async () => {
    const findings = await runChecks([check(throughProxy(serverUrl(variable), proxy))]);
    expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(findings.length).toBeGreaterThan(4);
    await expect.poll(() => proxy.connections()).toBe(0);
  });

  test("a wrong password is one failure whose fix names the setting, and nothing tells the password", async () => {
    const url = new URL(serverUrl(variable));
    url.password = "not-the-password";
    const findings = await runChecks([check(url.href)]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ status: "fail", fix: expect.stringContaining(setting) as string });
    expect(JSON.stringify(findings)).not.toContain("not-the-password");
  });

  test("a port where nobody listens is a failure that says to start the server", async () => {
    const url = throughProxy(serverUrl(variable), proxy);
    await proxy.mode("refuse");
    const findings = await runChecks([check(url)]);
    expect(findings).toMatchObject([
      {
        status: "fail",
        what: expect.stringContaining("ECONNREFUSED"),
        fix: expect.stringMatching(/^Start /),
      },
    ]);
  });

  test("a black hole is a failure after a few seconds, and leaves nothing open", async () => {
    await proxy.mode("drop");
    const findings = await runChecks([check(throughProxy(serverUrl(variable), proxy))]);
    expect(findings).toMatchObject([{ status: "fail", fix: expect.stringContaining("Nothing comes back") }]);
    await expect.poll(() => proxy.connections()).toBe(0);
  });
});

describe("the broker's queues", () => {
  test("one that was declared in another way is named, one as the services declare it is well", async () => {
    const url = serverUrl("AUDITFLOW_TEST_AMQP_URL");
    const prefix = `doctor-${randomUUID()}.`;
    const [wrong, right] = [`${prefix}auditflow.events.audit-log-analysis`, `${prefix}audit_events`];
    const connection = await connect(url);
    undo.push(() => connection.close());
    const channel = await connection.createChannel();
    undo.push(() => Promise.all([wrong, right].map((queue) => channel.deleteQueue(queue))));
    for (const queue of [wrong, right]) await channel.assertQueue(queue, { durable: true });
    const findings = await runChecks([checkBroker(url, prefix)]);
    expect(failures(findings)).toMatchObject([
      { what: expect.stringContaining(wrong), fix: expect.stringContaining(`delete_queue ${wrong}`) },
    ]);
    const told = findings.find(({ what }) => what.includes(right));
    expect(told?.what).toContain("(0 messages wait, 0 consumers)");
  });
});

describe("redis", () => {
  const info = (...lines: string[]): string => ["# Server", "redis_version:7.2.4", ...lines, ""].join("\r\n");

  test.each([
    [info("role:slave", "aof_enabled:1"), "takes no writes", "fail"],
    [info("aof_enabled:0"), "append-only file is off", "warn"],
    [info("aof_enabled:1", "aof_last_write_status:err"), "cannot be written", "fail"],
    [info("maxmemory:1000", "maxmemory_policy:allkeys-lru"), "throws windows away", "fail"],
    [info("maxmemory:1000", "used_memory:950", "maxmemory_policy:noeviction"), "95 % of maxmemory", "warn"],
    ["redis_version:6.0.16\r\n", "older than 6.2", "fail"],
    ["", "INFO is not allowed", "warn"],
  ])("%j is told as: %s", (text, words, status) => {
    const told = redisFacts(text).find(({ what }) => what.includes(words));
    expect(told).toMatchObject({ status, fix: expect.any(String) as string });
  });
});

describe("postgres", () => {
  const admin = new URL(process.env["AUDITFLOW_TEST_POSTGRES_URL"] ?? "postgres://unset");

  async function run(url: string, ...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  test("a user who may not make tables and a database that cannot hold every text are failures", async () => {
    const name = `doctor_${randomUUID().replaceAll("-", "")}`;
    const encoding = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    await run(admin.href, `CREATE ROLE ${name} LOGIN PASSWORD 'x'`, `CREATE DATABASE ${name} ${encoding}`);
    undo.push(() => run(admin.href, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`));
    const url = new URL(admin);
    [url.username, url.password, url.pathname] = [name, "x", name];
    const findings = failures(await runChecks([checkPostgres(url.href, clock)]));
    expect(findings).toMatchObject([
      { what: expect.stringContaining("SQL_ASCII"), fix: expect.stringContaining("--encoding=UTF8") },
      {
        what: expect.stringContaining("may not make"),
        fix: expect.stringContaining("GRANT CREATE ON DATABASE"),
      },
    ]);
  });

  test.each([
    [[], "4 migrations run at the next start", "ok"],
    [["9999-future"], "a newer AuditFlow has changed the tables (9999-future)", "warn"],
  ])("tables with the migrations %j are told", async (names, words, status) => {
    const schema = `doctor_${randomUUID().replaceAll("-", "")}`;
    const rows = names.map((name) => `INSERT INTO ${schema}.kysely_migration VALUES ('${name}', '')`);
    const table = `CREATE TABLE ${schema}.kysely_migration (name text, timestamp text)`;
    await run(admin.href, `CREATE SCHEMA ${schema}`, table, ...rows);
    undo.push(() => run(admin.href, `DROP SCHEMA ${schema} CASCADE`));
    const findings = await runChecks([checkPostgres(admin.href, clock, schema)]);
    const start = words.replace(/^\d+/, "");
    expect(findings.find(({ what }) => what.includes(start))).toMatchObject({ status });
  });

  test("a database that is not there is a failure with the command that makes it", async () => {
    const url = new URL(admin);
    url.pathname = "nosuchdatabase";
    const findings = await runChecks([checkPostgres(url.href, clock)]);
    expect(findings).toMatchObject([{ status: "fail", fix: expect.stringContaining("createdb") }]);
  });
});
