import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A command of `auditflow` that runs until it is ended, as a terminal sees it. */
export interface RunningCommand {
  /** Lines of standard output so far. */
  readonly output: readonly string[];
  /** Lines of standard error so far. */
  readonly told: readonly string[];
  readonly child: ChildProcess;
  /** Sends the signal and resolves to the exit code; null when the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command that does not end by itself. */
export function startCommand(args: readonly string[]): RunningCommand {
  const child = spawn(process.execPath, ["--conditions=auditflow-source", main, ...args], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  const told: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => output.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => told.push(line));
  const closed = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return closed;
  };
  return { output, told, child, end };
}
