import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { isAlive, signalTree } from "./process-tree.ts";

/** What to run, and how it wants to be told to end. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** User and group to run as; only root may ask. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** The signal that ends it fast. */
  readonly endSignal: "INT" | "TERM" | "KILL";
  /** Where its output goes. */
  readonly logFile: string;
}

/** A server that lives no longer than this process, however this process ends. */
export interface GuardedProcess {
  /** Rejects, with the end of the log, once the program has ended by itself; never resolves before `stop`. */
  readonly failure: Promise<never>;
  /** The id of the program itself; rejects when it could not be started. */
  pid(): Promise<number>;
  /** Whether the program has not ended. */
  readonly isRunning: () => boolean;
  /** Ends it and waits until it is gone; after 10 s without mercy. Idempotent. */
  stop(): Promise<void>;
  /** Sends it this signal, for it to end by, and waits until it is gone; after 30 s without mercy. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** SIGKILL to it and to all that it started; resolves when they are gone. */
  kill(): Promise<void>;
  /** Stops (SIGSTOP) or continues (SIGCONT) it and all that it started. */
  hold(signal: "SIGSTOP" | "SIGCONT"): Promise<void>;
}

// The guard shell holds a pipe from this process. When that closes, because we stop or because we were killed, it
// ends the program: a signal handler alone would leave orphans after SIGKILL.
// A program that is held takes a signal only when it is let go on.
const guard = `exec 3<&0
"$@" </dev/null 3<&- 4>&- &
program=$!
echo "$program" >&4
exec 4>&-
{ read -r _ <&3; kill -s "$END_SIGNAL" "$program"; kill -s CONT "$program"; } 2>/dev/null &
wait "$program"`;

/** Starts a server under a guard. Only PATH and the variables of `command.env` reach it. */
export function startGuarded(command: Command): GuardedProcess {
  const log = openSync(command.logFile, "a");
  const child = spawn("/bin/sh", ["-c", guard, "sh", command.program, ...command.args], {
    // A session of its own: Ctrl-C in a terminal reaches us, and we decide the order in which things end.
    detached: true,
    cwd: "/",
    stdio: ["pipe", log, log, "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      LC_ALL: "C",
      ...command.env,
      END_SIGNAL: command.endSignal,
    },
    ...command.owner,
  });
  child.stdin?.on("error", () => undefined);
  return guarded(command, child);
}

function guarded(command: Command, child: ChildProcess): GuardedProcess {
  let isStopping = false;
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  }).then(() => {
    isGone = true;
    child.stdin?.end();
  });
  const failure = gone.then(async () => {
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`${command.name} ended by itself:\n${await logTail(command.logFile)}`);
  });
  failure.catch(() => undefined);
  const pid = programId(command.name, child);
  pid.catch(() => undefined);
  const end = async (signal: () => void, mercyMs: number): Promise<void> => {
    isStopping = true;
    signal();
    const mercy = setTimeout(() => killGroup(child), mercyMs);
    await gone;
    clearTimeout(mercy);
  };
  return {
    failure,
    pid: () => pid,
    isRunning: () => !isGone,
    stop: () => end(() => child.stdin?.end(), 10_000),
    end: async (signal) => {
      const program = await pid;
      await end(() => isAlive(program) && process.kill(program, signal), 30_000);
    },
    kill: async () => {
      isStopping = true;
      if (!isGone) await signalTree(await pid, "SIGKILL");
      await gone;
    },
    hold: async (signal) => {
      if (!isGone) await signalTree(await pid, signal);
    },
  };
}

/** The id that the guard tells once it has started the program. */
async function programId(name: string, child: ChildProcess): Promise<number> {
  const pipe = child.stdio[4] as Readable | null;
  if (pipe === null) throw new Error(`${name} was not started`);
  const text = await Promise.race([
    once(pipe, "data").then(([chunk]) => String(chunk)),
    once(pipe, "close").then(() => ""),
  ]);
  pipe.destroy();
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) throw new Error(`${name} was not started`);
  return pid;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended between the deadline and the kill.
  }
}

/** The last lines of a log, for an error message. */
async function logTail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "(no log)");
  return text.trimEnd().split("\n").slice(-20).join("\n");
}
