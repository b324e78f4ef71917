import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CheckedLines } from "./log-lines.ts";
import { portArguments } from "./process.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** How a process ended, and how long after the first signal. */
export interface End {
  /** null when a signal killed it. */
  readonly code: number | null;
  readonly seconds: number;
}

/** An `auditflow serve` that is the first process of a PID namespace, as in a container without an init. */
export interface PidOne {
  readonly url: string;
  /** Its id outside of the namespace; inside it is 1. */
  readonly pid: number;
  /** What it logged. @throws when a line does not fit the schema of log lines, as `end` then rejects. */
  readonly lines: readonly Record<string, unknown>[];
  /** Sends a signal from outside the namespace, as an orchestrator does. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves once the process has ended. */
  end(signal: NodeJS.Signals): Promise<End>;
  /** Whether it has ended. */
  readonly hasEnded: () => boolean;
}

/** How a process is started. */
export interface StartArguments {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `auditflow serve` as a container starts it: no shell, npm or init before it; `nodeFlags` are flags of Node. */
export async function serveArguments(
  args: readonly string[],
  { env = {}, nodeFlags = [] }: Partial<Pick<StartArguments, "env">> & { nodeFlags?: readonly string[] } = {},
): Promise<StartArguments> {
  const port = "AUDITFLOW_PORT" in env ? [] : await portArguments();
  return {
    program: process.execPath,
    args: ["--conditions=auditflow-source", ...nodeFlags, main, "serve", ...args, ...port],
    env: { PATH: process.env["PATH"] ?? "", ...env },
  };
}

const unshare = {
  program: "unshare",
  args: ["--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"],
};

/**
 * Starts a service as the first process of a PID namespace, and resolves when it listens.
 * @throws Error with a sentence that says what is needed where the machine allows no PID namespace.
 */
export async function startAsPidOne(start: StartArguments): Promise<PidOne> {
  const child = spawnAsPidOne(start);
  const ended = Promise.withResolvers<number | null>();
  // Not `exit`: its last lines may still be on their way then.
  child.once("close", (code) => ended.resolve(code));
  const lines = new CheckedLines();
  const url = await untilListening(child, lines, ended.promise);
  const pid = await firstChildOf(child.pid ?? 0);
  let firstSignal: number | undefined;
  const signal = (name: NodeJS.Signals): void => {
    firstSignal ??= performance.now();
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, name);
  };
  return {
    url,
    pid,
    get lines() {
      return lines.records;
    },
    signal,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    end: async (name) => {
      signal(name);
      const code = await ended.promise;
      void lines.records;
      return { code, seconds: (performance.now() - (firstSignal ?? 0)) / 1000 };
    },
  };
}

/** Starts it as PID 1 and resolves to its exit code once it has ended by itself. */
export async function runAsPidOne(start: StartArguments): Promise<number | null> {
  const child = spawnAsPidOne(start);
  child.stdout?.resume();
  child.stderr?.resume();
  return await new Promise((resolve) => child.once("close", resolve));
}

function spawnAsPidOne({ program, args, env }: StartArguments): ChildProcess {
  refuseWithoutNamespaces();
  return spawn(unshare.program, [...unshare.args, program, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function refuseWithoutNamespaces(): void {
  const { status, error, stderr } = spawnSync(unshare.program, [...unshare.args, "true"], {
    encoding: "utf8",
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim();
  throw new Error(
    `PID namespaces are needed here: root (or CAP_SYS_ADMIN) and unshare of util-linux. It said: ${reason}`,
  );
}

async function untilListening(
  child: ChildProcess,
  lines: CheckedLines,
  ended: Promise<number | null>,
): Promise<string> {
  const errors: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const record = lines.add(line);
      if (record["event.name"] === "service.started") resolve(String(record["url"]));
    });
  });
  const tooSoon = ended.then((code) => {
    const said = `${errors.join("")}${JSON.stringify(lines.records.at(-1))}`;
    throw new Error(`It ended with ${code} before it listened: ${said}`);
  });
  return await Promise.race([listening, tooSoon]);
}

async function firstChildOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}
