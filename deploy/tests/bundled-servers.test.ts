import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "amqplib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../packages/server/testing/free-ports.ts";
import { until } from "../../packages/server/testing/until.ts";
import { findProgram } from "../../scripts/servers/find-program.ts";
import { type GuardedProcess, startGuarded } from "../../scripts/servers/guarded-process.ts";
import { answers } from "../../scripts/servers/readiness.ts";
import { bundledUrls, makeCredentials } from "../helm/credentials.ts";
import { brokerUsers } from "../helm/rabbitmq-rights.ts";
import { rendered } from "./rendered.ts";

const secrets = "/run/secrets/auditflow";

let folder: string;
let keys: Readonly<Record<string, string>>;

/** Lays the Secret out as the pod would find it, but in a folder of our own. */
async function layOut(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "auditflow-bundled-"));
  keys = makeCredentials(bundledUrls("auditflow"));
  for (const [key, value] of Object.entries(keys)) await writeFile(join(folder, key), value);
}

/** The text with our folder in the place of the pod's. */
function here(text: string): string {
  return text.replaceAll(secrets, folder);
}

function program(name: string, ...globs: readonly string[]): string {
  const found = findProgram(name, ...globs);
  if (found === undefined) throw new Error(`${name} is not installed: npm run check:deploy installs it`);
  return found;
}

beforeAll(layOut);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("Redis with the arguments of its pod", () => {
  let server: GuardedProcess;
  let port: number;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    await mkdir(join(folder, "data"));
    const [container] = rendered().the("StatefulSet", "redis").spec.template.spec.containers;
    expect(container?.command).toEqual(["redis-server"]);
    const args = (container?.args ?? []).map((arg) => here(arg).replace(/^\/data$/, join(folder, "data")));
    server = startGuarded({
      ...{ name: "Redis", program: program("redis-server"), endSignal: "TERM" },
      ...{
        args: [...args, "--port", String(port), "--bind", "127.0.0.1"],
        logFile: join(folder, "redis.log"),
      },
    });
  });
  afterAll(() => server.stop());

  /** Whether what the server says to these lines on a connection of their own holds the words. */
  function says(words: string, ...lines: readonly string[]): Promise<boolean> {
    return answers(port, Buffer.from(`${lines.join("\r\n")}\r\n`), (answer) => answer.includes(words));
  }

  function signIn(): string {
    const { username, password } = new URL(keys["windows-url"] ?? "");
    return `AUTH ${username} ${password}`;
  }

  test("lets the user of the Secret in, and nobody without a password", async () => {
    await until(() => says("+PONG", signIn(), "PING"), "it answers");
    expect(await says("-NOAUTH", "GET auditflow:windows:a")).toBe(true);
    expect(await says("-WRONGPASS", "AUTH auditflow wrong")).toBe(true);
  });

  test("answers the question of its probes with a word that they take", async () => {
    const [container] = rendered().the("StatefulSet", "redis").spec.template.spec.containers;
    const { startupProbe, livenessProbe, readinessProbe } = container ?? {};
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
      expect(probe?.exec?.command.at(-1)).toMatch(/redis-cli ping .*grep -Eq 'PONG\|NOAUTH'/);
    }
    expect(await says("-NOAUTH", "PING")).toBe(true);
  });

  test("keeps what it is told on disk, and forgets nothing to make room", async () => {
    const info = await readFile(join(folder, "redis.log"), "utf8");
    expect(info).not.toMatch(/FATAL|Bad directive/);
    expect(await says("maxmemory_policy:noeviction", signIn(), "INFO memory")).toBe(true);
    expect(await says("aof_enabled:1", signIn(), "INFO persistence")).toBe(true);
  });
});

describe("RabbitMQ with the settings of its pod", () => {
  let mapper: GuardedProcess;
  let server: GuardedProcess;
  let port: number;

  beforeAll(async () => {
    const [amqp = 0, distribution = 0, mapped = 0] = await freePorts(3);
    port = amqp;
    const text = here(rendered().the("ConfigMap", "rabbitmq").data["10-auditflow.conf"] ?? "");
    const home = join(folder, "home");
    await mkdir(home);
    await writeFile(join(home, ".erlang.cookie"), "a".repeat(20), { mode: 0o400 });
    await writeFile(join(folder, "rabbitmq.conf"), `${text}\nlisteners.tcp.1 = 127.0.0.1:${amqp}\n`);
    await writeFile(join(folder, "enabled_plugins"), "[].\n");
    mapper = startGuarded({
      ...{ name: "epmd", program: program("epmd"), endSignal: "TERM", logFile: join(folder, "epmd.log") },
      args: ["-address", "127.0.0.1", "-port", String(mapped)],
    });
    server = startGuarded({
      ...{ name: "RabbitMQ", program: program("rabbitmq-server", "/usr/lib/rabbitmq/bin"), args: [] },
      ...{ endSignal: "KILL", logFile: join(folder, "rabbitmq.log") },
      env: {
        ...{ HOME: home, ERL_EPMD_PORT: String(mapped), ERL_EPMD_ADDRESS: "127.0.0.1" },
        ...{ RABBITMQ_CONF_ENV_FILE: "/dev/null", RABBITMQ_NODENAME: `bundled-${amqp}@localhost` },
        RUNNING_UNDER_SYSTEMD: "true",
        RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
        RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
        RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
      },
    });
  });
  afterAll(async () => {
    await server.stop();
    await mapper.stop();
  });

  /** What the broker says to a user: undefined when it lets the user in. */
  async function refusalOf(url: string): Promise<string | undefined> {
    try {
      const model = await connect(url);
      await model.close();
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  function urlOf(user: string): string {
    const { username, password, pathname } = new URL(keys[`transport-url.${user}`] ?? "");
    return `amqp://${username}:${password}@127.0.0.1:${port}${pathname}`;
  }

  test("knows the users of the Secret from its first start, with no hand's help", async () => {
    const [first] = brokerUsers;
    await Promise.race([
      until(async () => (await refusalOf(urlOf(first))) === undefined, "it lets a service in", 100_000),
      server.failure,
    ]);
    for (const user of brokerUsers) expect(await refusalOf(urlOf(user)), user).toBeUndefined();
  });

  test("has no user guest, as a broker without users would", async () => {
    expect(await refusalOf(`amqp://guest:guest@127.0.0.1:${port}`)).toMatch(/ACCESS.REFUSED/);
    expect(await refusalOf(`amqp://guest:guest@127.0.0.1:${port}/auditflow`)).toMatch(/ACCESS.REFUSED/);
  });

  test("takes the memory of its pod for all there is, and warns of nothing it does not know", async () => {
    const log = await readFile(join(folder, "rabbitmq.log"), "utf8");
    expect(log).toMatch(/Memory high watermark set to \d+ MiB \(\d+ bytes\) of 1024 MiB/);
    expect(log).not.toMatch(/unknown|failed to/i);
  });
});
