import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList, AlertSummary, IntakeResult } from "@auditflow/contracts";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { freePorts } from "../packages/server/testing/free-ports.ts";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { root } from "../scripts/root.ts";
import { findProgram } from "../scripts/servers/find-program.ts";
import { installMissing } from "../scripts/servers/install.ts";

const program = join(root, "packages/server/bin/auditflow.js");
const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function place(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "auditflow-feeders-"));
  clean.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** AuditFlow on a port that stays its own, to be killed and started again. */
class Gateway {
  readonly url: string;
  readonly #data: string;
  #running: Running | undefined;

  constructor(port: number, data: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#data = data;
  }

  get tokenFile(): string {
    return join(this.#data, "token");
  }

  async start(): Promise<void> {
    const env = { AUDITFLOW_PORT: new URL(this.url).port, AUDITFLOW_RATE_LIMIT: "0" };
    this.#running = await startService(["--data", this.#data], env);
  }

  async kill(): Promise<void> {
    await this.#running?.end("SIGKILL");
    this.#running = undefined;
  }

  async alerts(): Promise<readonly AlertSummary[]> {
    const answer = await fetch(`${this.url}/api/v1/alerts?limit=200`).catch(() => undefined);
    return answer?.status === 200 ? ((await answer.json()) as AlertList).alerts : [];
  }

  /** The counts of the alerts about bursts of failed logins, by user. */
  async bursts(): Promise<Record<string, number>> {
    const found = (await this.alerts()).filter(
      ({ rule_name }) => rule_name === "Burst of failed logins of one user",
    );
    return Object.fromEntries(
      found.map(({ triggered_by, count }) => [triggered_by.actor_id, count] as const),
    );
  }
}

async function startGateway(): Promise<Gateway> {
  const [port = 0] = await freePorts(1);
  const gateway = new Gateway(port, join(await place(), "data"));
  await gateway.start();
  clean.push(() => gateway.kill());
  return gateway;
}

const users = ["alice", "bob", "carol"];

/** Lines as sshd writes them, one second apart, from the given second of one day on. */
function failedLogins(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_none, index) => {
    const second = from + index;
    const time = new Date(Date.UTC(2026, 0, 15, 9, 0, second)).toISOString();
    return `${time} web-1 sshd[${1000 + second}]: Failed password for ${users[second % users.length]} from 203.0.113.7 port 40000 ssh2`;
  });
}

/** Each user's failed logins among the first `count`. */
function expected(count: number): Record<string, number> {
  return Object.fromEntries(users.map((user) => [user, count / users.length]));
}

function children(pid: number): number[] {
  try {
    return execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/)
      .map(Number);
  } catch {
    return [];
  }
}

describe("rsyslog", () => {
  beforeAll(async () => {
    await installMissing([
      {
        ...{ name: "rsyslog", variable: "PATH", aptPackage: "rsyslog" },
        installed: () => findProgram("rsyslogd") !== undefined,
      },
    ]);
  }, 600_000);

  /** What we ship, with the places of this test in it, behind an input on loopback. */
  async function configuration(folder: string, port: number, gateway: Gateway): Promise<string> {
    const shipped = await readFile(join(root, "deploy/feeders/rsyslog/60-auditflow.conf"), "utf8");
    const own = shipped
      .replace("/usr/local/bin/auditflow", `${process.execPath} ${program}`)
      .replace("http://127.0.0.1:8080", gateway.url)
      .replace("/var/lib/auditflow/token", gateway.tokenFile)
      .replace("/var/log/auditflow-feed.log", join(folder, "feed.log"));
    const file = join(folder, "rsyslog.conf");
    const input = `global(workDirectory="${folder}")
module(load="imptcp")
input(type="imptcp" address="127.0.0.1" port="${port}")
`;
    await writeFile(file, input + own);
    return file;
  }

  async function syslog(port: number, lines: readonly string[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port }, () => {
        socket.end(lines.map((line) => `<38>${line}\n`).join(""));
      });
      socket.once("close", () => resolve());
      socket.once("error", reject);
      socket.resume();
    });
  }

  test("the snippet loses and doubles nothing when AuditFlow and the sender are killed", async () => {
    const gateway = await startGateway();
    const folder = await place();
    const [port = 0] = await freePorts(1);
    const file = await configuration(folder, port, gateway);
    const rsyslogd = findProgram("rsyslogd") ?? "rsyslogd";
    execFileSync(rsyslogd, ["-N1", "-f", file], { stdio: "pipe" });
    const daemon = spawn(rsyslogd, ["-n", "-f", file, "-i", join(folder, "pid")], { stdio: "ignore" });
    const gone = new Promise((resolve) => daemon.once("exit", resolve));
    clean.push(async () => {
      daemon.kill("SIGKILL");
      await gone;
    });
    await until(
      () =>
        syslog(port, []).then(
          () => true,
          () => false,
        ),
      "rsyslog listens",
    );

    await syslog(port, failedLogins(0, 60));
    await until(async () => Object.keys(await gateway.bursts()).length === 3, "the first events arrive");
    await gateway.kill();
    await syslog(port, failedLogins(60, 120));
    for (const child of children(daemon.pid ?? 0)) process.kill(child, "SIGKILL");
    await syslog(port, failedLogins(120, 150));
    await gateway.start();
    await expect.poll(() => gateway.bursts(), { timeout: 60_000, interval: 200 }).toEqual(expected(150));
    daemon.kill("SIGTERM");
    expect(await gone).toBe(0);
    expect(await readFile(join(folder, "feed.log"), "utf8")).toMatch(
      /not delivered, it is tried again until it is/,
    );
    expect(await gateway.bursts()).toEqual(expected(150));
  });

  test("what waits when rsyslog is stopped is sent after its next start, but for the one message that it was trying", async () => {
    const gateway = await startGateway();
    await gateway.kill();
    const folder = await place();
    const [port = 0] = await freePorts(1);
    const file = await configuration(folder, port, gateway);
    const start = (): { daemon: ChildProcess; gone: Promise<unknown> } => {
      const daemon = spawn(
        findProgram("rsyslogd") ?? "rsyslogd",
        ["-n", "-f", file, "-i", join(folder, "pid")],
        {
          stdio: "ignore",
        },
      );
      clean.push(() => daemon.kill("SIGKILL"));
      return { daemon, gone: new Promise((resolve) => daemon.once("exit", resolve)) };
    };
    const first = start();
    await until(
      () =>
        syslog(port, []).then(
          () => true,
          () => false,
        ),
      "rsyslog listens",
    );
    await syslog(port, failedLogins(0, 60));
    first.daemon.kill("SIGTERM");
    await first.gone;
    await gateway.start();
    const second = start();
    const total = async (): Promise<number> =>
      Object.values(await gateway.bursts()).reduce((sum, count) => sum + count, 0);
    await until(async () => (await total()) >= 59, "at least 59 of 60 arrive", 60_000);
    expect(await total()).toBeLessThanOrEqual(60);
    second.daemon.kill("SIGTERM");
    await second.gone;
  });
});

describe("auditflow send - at the end of a pipe", () => {
  test("sends what it has at once, waits for AuditFlow for as long as it takes, and ends with its input", async () => {
    const gateway = await startGateway();
    const sender = spawn(
      process.execPath,
      [program, "send", "-", "--url", gateway.url, "--tz", "UTC", "--retry-for", "forever"],
      { stdio: ["pipe", "ignore", "pipe"], env: { PATH: process.env["PATH"] } },
    );
    let said = "";
    sender.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const gone = new Promise((resolve) => sender.once("exit", resolve));
    clean.push(() => sender.kill("SIGKILL"));
    const write = (lines: readonly string[]): void =>
      void sender.stdin.write(lines.map((line) => `${line}\n`).join(""));

    write(failedLogins(0, 30));
    await expect.poll(() => gateway.bursts(), { timeout: 15_000 }).toEqual(expected(30));
    await gateway.kill();
    write(failedLogins(30, 60));
    write(failedLogins(60, 90));
    await gateway.start();
    await expect.poll(() => gateway.bursts(), { timeout: 30_000 }).toEqual(expected(90));
    sender.stdin.end();
    expect(await gone, said).toBe(0);
    expect(said).toContain("90 events accepted, 0 refused");
  });
});

describe("the requests of Fluent Bit and Vector, as their sources write them", () => {
  /** One object a line, as both write it; Fluent Bit ends the last line, Vector does not. */
  function lines(count: number, withId: boolean): string[] {
    return Array.from({ length: count }, (_none, index) =>
      JSON.stringify({
        ...(withId ? { event_id: randomUUID() } : {}),
        timestamp: new Date(Date.UTC(2026, 0, 15, 9) + index * 10).toISOString(),
        source_service: "app",
        server_hostname: "web-1",
        event_type: "record_read",
        severity: "INFO",
        user_id: `user-${index % 50}`,
        action_result: "SUCCESS",
        details: { n: index },
      }),
    );
  }

  async function post(url: string, agent: string, body: string): Promise<IntakeResult> {
    const answer = await fetch(`${url}/api/v1/events`, {
      method: "POST",
      headers: {
        "content-type": "application/x-ndjson",
        "user-agent": agent,
        authorization: `Bearer ${token}`,
      },
      body,
    });
    expect(answer.status).toBe(202);
    return (await answer.json()) as IntakeResult;
  }

  const token = "a-token-for-feeders-only";

  async function withToken(): Promise<string> {
    const data = join(await place(), "data");
    const service = await startService(["--data", data], {
      AUDITFLOW_API_TOKEN: token,
      AUDITFLOW_ANONYMOUS_ACCESS: "none",
    });
    clean.push(() => service.end("SIGKILL"));
    return service.url;
  }

  test("a chunk of Fluent Bit of 2 MB is taken whole, and sent again it is the same events", async () => {
    const url = await withToken();
    // It cannot be told how many records a chunk may have, only its size ends it.
    const body = `${lines(9_000, false).join("\n")}\n`;
    expect(body.length).toBeGreaterThan(2_000_000 * 0.9);
    const first = await post(url, "Fluent-Bit", body);
    expect(first).toMatchObject({ accepted: 9_000, rejected: 0 });
    const again = await post(url, "Fluent-Bit", body);
    expect(again.items.map(({ event_id }) => event_id)).toEqual(first.items.map(({ event_id }) => event_id));
  });

  test("a batch of Vector is taken", async () => {
    const url = await withToken();
    const body = lines(1000, true).join("\n");
    expect(await post(url, "Vector/0.50.0 (x86_64-unknown-linux-gnu)", body)).toMatchObject({
      accepted: 1000,
      rejected: 0,
    });
  });

  /** How both write that a value comes from the environment. */
  const variable = `\${AUDITFLOW_TOKEN}`;

  test("both snippets name the address, the format and the token of these requests", async () => {
    const fluentBit = await readFile(join(root, "deploy/feeders/fluent-bit/fluent-bit.conf"), "utf8");
    const output = Object.fromEntries(
      [...(fluentBit.split("[OUTPUT]")[1] ?? "").matchAll(/^ {4}(\w+) +(.+)$/gm)].map(([, key, value]) => [
        key,
        value,
      ]),
    );
    expect(output).toMatchObject({
      name: "http",
      uri: "/api/v1/events",
      format: "json_lines",
      json_date_key: "false",
      header: `Authorization Bearer ${variable}`,
      retry_limit: "no_limits",
    });
    const vector = parse(await readFile(join(root, "deploy/feeders/vector/vector.yaml"), "utf8")) as {
      sinks: { auditflow: object };
    };
    expect(vector.sinks.auditflow).toMatchObject({
      type: "http",
      uri: "http://127.0.0.1:8080/api/v1/events",
      encoding: { codec: "json" },
      framing: { method: "newline_delimited" },
      auth: { strategy: "bearer", token: variable },
      acknowledgements: { enabled: true },
      buffer: { type: "disk", when_full: "block" },
    });
  });
});
