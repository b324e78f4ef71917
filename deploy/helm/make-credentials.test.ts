import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { legacyEventsQueue, topology } from "@auditflow/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { roleTable } from "../../packages/server/src/app/role-table.ts";
import { AmqpTopology } from "../../packages/server/src/transport/amqp-topology.ts";
import { brokerUsers, rightsOf } from "./rabbitmq-rights.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-credentials-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function make(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "make-credentials.ts"), ...args],
    { encoding: "utf8", timeout: 30_000 },
  );
  return { status, stdout, said: stderr.trim() };
}

interface Secret {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly stringData: Readonly<Record<string, string>>;
}

const release = ["--release", "demo", "--namespace", "security"];

function secret(...args: readonly string[]): Secret {
  const { status, stdout, said } = make(...release, ...args);
  expect({ status, said }).toEqual({ status: 0, said: "" });
  return parse(stdout) as Secret;
}

function file(content: string): string {
  writeFileSync(join(folder, "url"), `${content}\n`);
  return `@${join(folder, "url")}`;
}

test("the Secret is named after the release and leads to the servers of the chart", () => {
  const { kind, metadata, stringData } = secret();
  expect([kind, metadata.name, metadata.namespace]).toEqual(["Secret", "demo-credentials", "security"]);
  expect(Object.keys(stringData).sort()).toEqual(
    [
      ...["api-token", "database-url", "postgresql-password", "rabbitmq-definitions.json", "redis-users.acl"],
      ...brokerUsers.map((user) => `transport-url.${user}`),
      "windows-url",
    ].sort(),
  );
  const urls = Object.entries(stringData).filter(([key]) => /url/.test(key));
  const hosts = urls.map(([, url]) => new URL(url).host);
  expect(new Set(hosts)).toEqual(new Set(["demo-rabbitmq:5672", "demo-redis:6379", "demo-postgresql:5432"]));
});

test("every password is random and no server is told one but PostgreSQL", () => {
  const [one, other] = [secret().stringData, secret().stringData];
  for (const [key, value] of Object.entries(one)) expect(value, key).not.toBe(other[key]);
  const passwords = Object.entries(one)
    .filter(([key]) => /^(transport|windows)-url/.test(key))
    .map(([, url]) => new URL(url).password);
  expect(new Set(passwords).size).toBe(brokerUsers.length + 1);
  for (const password of passwords) {
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(one["rabbitmq-definitions.json"]).not.toContain(password);
    expect(one["redis-users.acl"]).not.toContain(password);
  }
  expect(new URL(one["database-url"] ?? "").password).toBe(one["postgresql-password"]);
});

test("a URL with a user is taken as it is and its server is told nothing", () => {
  const { stringData } = secret(
    "--postgresql",
    file("postgres://me:secret@db:5432/alerts"),
    "--rabbitmq",
    "amqps://mq:5671/vh",
  );
  expect(stringData["database-url"]).toBe("postgres://me:secret@db:5432/alerts");
  expect(stringData).not.toHaveProperty("postgresql-password");
  const url = new URL(stringData["transport-url.audit-log-analysis"] ?? "");
  expect([url.protocol, url.username, url.host, url.pathname]).toEqual([
    "amqps:",
    "audit-log-analysis",
    "mq:5671",
    "/vh",
  ]);
  expect(JSON.parse(stringData["rabbitmq-definitions.json"] ?? "")).toMatchObject({
    vhosts: [{ name: "vh" }],
  });
});

test("files are for who made them, and are never written over", () => {
  const secrets = join(folder, "secrets");
  expect(make("--files", secrets)).toMatchObject({ status: 0, stdout: "", said: "" });
  expect(statSync(secrets).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(secrets, "windows-url"), "utf8")).toMatch(
    /^redis:\/\/auditflow:[\w-]+@redis:6379$/,
  );
  const before = readdirSync(secrets).map((key) => readFileSync(join(secrets, key), "utf8"));
  const { status, said } = make("--files", secrets);
  expect([status, said]).toEqual([2, expect.stringMatching(/is there already/)]);
  expect(readdirSync(secrets).map((key) => readFileSync(join(secrets, key), "utf8"))).toEqual(before);
});

test.each([
  [[], "--release is missing; see --help"],
  [["--release", "b".repeat(25), "--namespace", "x"], /"b+" must be at most 24 characters/],
  [["--release", "demo"], "--namespace is missing; see --help"],
  [[...release, "--postgresql", "postgres://me:secret@db/x"], /write a URL with a password into a file/],
  [[...release, "--redis", "http://cache"], "--redis: no URL of such a server"],
  [[...release, "--redis", "@/nowhere"], /--redis: ENOENT/],
  [[...release, "--pasword", "x"], /Unknown option '--pasword'/],
])("refused with one sentence: %j", (args, sentence) => {
  const { status, stdout, said } = make(...args);
  expect([status, stdout, said.split("\n").length]).toEqual([2, "", 1]);
  expect(said).toMatch(sentence);
});

test("every service with a broker has a user, which may declare, bind and read all that the transport has it do", () => {
  const withBroker = Object.entries(roleTable).filter(([, { needs }]) => "transport" in needs);
  expect([...brokerUsers].sort()).toEqual(withBroker.map(([name]) => name).sort());
  const names = new AmqpTopology("");
  const groups = Object.entries(topology).flatMap(([topic, readers]) =>
    readers.map((group) => ({ topic, group })),
  );
  for (const user of brokerUsers) {
    const { configure, write, read } = rightsOf(user);
    const may = (right: string) => ({ test: (name: string) => new RegExp(right).test(name) });
    const own = user === "audit-event-gateway" ? [{ topic: legacyEventsQueue, group: user }] : [];
    for (const origin of [...groups, ...own]) {
      const both = [names.queue(origin), names.aloneQueue(origin)];
      for (const queue of both) {
        expect(may(configure).test(queue), `${user} declares ${queue}`).toBe(true);
        expect(may(read).test(queue), `${user} reads ${queue}`).toBe(origin.group === user);
      }
    }
    for (const origin of groups) expect(may(write).test(names.queue(origin)), user).toBe(true);
    expect([configure, write, read].every((right) => may(right).test(names.exchange))).toBe(true);
  }
});
