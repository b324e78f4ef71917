import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "../../packages/server/testing/free-ports.ts";
import { findProgram } from "./find-program.ts";
import { type GuardedProcess, startGuarded } from "./guarded-process.ts";
import { type LocalServer, type LocalServerKind, launchServer, randomPassword } from "./local-server.ts";
import { answers, untilReady } from "./readiness.ts";

/** A broker that can be asked and told what only its operator can. */
export interface RabbitmqServer extends LocalServer {
  /** Runs `rabbitmqctl` against it and resolves to what it prints; takes a second or two. */
  ctl(...args: readonly string[]): Promise<string>;
  /** The node's log from its first start on. */
  log(): Promise<string>;
}

/** RabbitMQ without plugins, as a node of its own with a port mapper of its own. */
export const rabbitmq: LocalServerKind<RabbitmqServer> = {
  name: "RabbitMQ",
  variable: "AUDITFLOW_TEST_AMQP_URL",
  aptPackage: "rabbitmq-server",
  installed: () => program() !== undefined && findProgram("epmd") !== undefined,
  start,
};

// Debian's /usr/sbin/rabbitmq-server is a wrapper that changes the user and the log; the program itself is here.
function program(): string | undefined {
  return findProgram("rabbitmq-server", "/usr/lib/rabbitmq/bin");
}

interface Ports {
  readonly amqp: number;
  readonly distribution: number;
  readonly mapper: number;
}

async function start(folder: string): Promise<RabbitmqServer> {
  const [amqp = 0, distribution = 0, mapper = 0] = await freePorts(3);
  const ports = { amqp, distribution, mapper };
  const password = randomPassword();
  await writeConfiguration(folder, ports, password);
  // Started by us in the foreground, because the one that a node starts detaches itself and outlives everything.
  const portMapper = startGuarded({
    name: "epmd",
    program: findProgram("epmd") ?? "epmd",
    args: ["-address", "127.0.0.1", "-port", String(mapper)],
    endSignal: "TERM",
    logFile: join(folder, "epmd.log"),
  });
  const header = Buffer.from("AMQP\u0000\u0000\u0009\u0001", "latin1");
  const ask = (): Promise<boolean> => answers(amqp, header, (answer) => answer[0] === 1);
  try {
    const node = await launchServer({
      url: `amqp://auditflow:${password}@127.0.0.1:${amqp}`,
      program: () => startNode(folder, ports),
      ready: (server) => untilReady("RabbitMQ", server, { ask, seconds: 120 }),
      orderly: "SIGTERM",
    });
    const stop = (): Promise<void> => node.stop().then(() => portMapper.stop());
    const log = (): Promise<string> => readFile(join(folder, `${nodeName(ports)}.log`), "utf8");
    return { ...node, stop, log, ctl: (...args) => control(folder, ports, args) };
  } catch (error) {
    await portMapper.stop();
    throw error;
  }
}

async function writeConfiguration(folder: string, ports: Ports, password: string): Promise<void> {
  await mkdir(join(folder, "home"));
  const user = ["default_user = auditflow", `default_pass = ${password}`];
  const settings = [`listeners.tcp.1 = 127.0.0.1:${ports.amqp}`, ...user, ""];
  await writeFile(join(folder, "rabbitmq.conf"), settings.join("\n"), { mode: 0o600 });
  await writeFile(join(folder, "enabled_plugins"), "[].\n");
  await writeFile(join(folder, "home", ".erlang.cookie"), randomPassword(), { mode: 0o400 });
}

const nodeName = (ports: Ports): string => `auditflow-${ports.amqp}@localhost`;

/** What node and control program must agree on to find each other. */
function meetingPoint(folder: string, ports: Ports): Record<string, string> {
  return {
    HOME: join(folder, "home"),
    ERL_EPMD_PORT: String(ports.mapper),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_NODENAME: nodeName(ports),
  };
}

async function control(folder: string, ports: Ports, args: readonly string[]): Promise<string> {
  const ctl = findProgram("rabbitmqctl", "/usr/lib/rabbitmq/bin") ?? "rabbitmqctl";
  const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", ...meetingPoint(folder, ports) };
  const { stdout } = await promisify(execFile)(ctl, ["--quiet", ...args], {
    ...{ cwd: "/", timeout: 30_000, env },
  });
  return stdout;
}

function startNode(folder: string, ports: Ports): GuardedProcess {
  return startGuarded({
    name: "RabbitMQ",
    program: program() ?? "rabbitmq-server",
    args: [],
    env: {
      ...meetingPoint(folder, ports),
      // Has the start script replace itself by the node, so that the signal reaches the node.
      RUNNING_UNDER_SYSTEMD: "true",
      RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
      RABBITMQ_DIST_PORT: String(ports.distribution),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
      RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
      RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    },
    // An orderly end takes seconds and keeps data that nobody reads again.
    endSignal: "KILL",
    logFile: join(folder, "log"),
  });
}
