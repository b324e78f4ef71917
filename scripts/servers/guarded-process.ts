import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";

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
  /** Ends it and waits until it is gone; after 10 s without mercy. Idempotent. */
  stop(): Promise<void>;
}

// The guard shell holds a pipe from this process. When that closes, because we stop or because we were killed, it
// ends the program: a signal handler alone would leave orphans after SIGKILL.
const guard = `exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -s "$END_SIGNAL" "$program"; } 2>/dev/null &
wait "$program"`;

/** Starts a server under a guard. Only PATH and the variables of `command.env` reach it. */
export function startGuarded(command: Command): GuardedProcess {
  const log = openSync(command.logFile, "a");
  const child = spawn("/bin/sh", ["-c", guard, "sh", command.program, ...command.args], {
    // A session of its own: Ctrl-C in a terminal reaches us, and we decide the order in which things end.
    detached: true,
    cwd: "/",
    stdio: ["pipe", log, log],
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
  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const failure = gone.then(async () => {
    if (stopping) return new Promise<never>(() => undefined);
    child.stdin?.end();
    throw new Error(`${command.name} ended by itself:\n${await logTail(command.logFile)}`);
  });
  failure.catch(() => undefined);
  return {
    failure,
    async stop() {
      stopping = true;
      child.stdin?.end();
      const mercy = setTimeout(() => killGroup(child), 10_000);
      await gone;
      clearTimeout(mercy);
    },
  };
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
