import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts } from "./free-ports.ts";
import { CheckedLines } from "./log-lines.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A running `auditflow` process as an operator sees it: its address, its log lines, its end. */
export interface Running {
  readonly url: string;
  readonly pid: number;
  /** What it logged. @throws when a line does not fit the schema of log lines. */
  readonly lines: readonly Record<string, unknown>[];
  /**
   * Ends it with the signal and resolves to its exit code; null when the signal killed it. Rejects when a line of its log
   * does not fit the schema.
   */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A port to which the process can come back: none that the system gives to outgoing connections meanwhile. */
export async function portArguments(): Promise<string[]> {
  const [port = 0] = await freePorts(1);
  return ["--port", String(port)];
}

/** Starts `auditflow serve` and resolves when it listens. `node` itself is started: npx would keep the signals. */
export async function startService(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Running> {
  const port = "AUDITFLOW_PORT" in env ? [] : await portArguments();
  const child = spawn(process.execPath, ["--conditions=auditflow-source", main, "serve", ...args, ...port], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = new CheckedLines();
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  // Not `exit`, after which there may still be lines.
  const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const started = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const record = lines.add(line);
      if (record["event.name"] === "service.started") resolve(String(record["url"]));
    });
  });
  const url = await Promise.race([
    started,
    exited.then(() => Promise.reject(new Error(failure(args, errors, lines.records)))),
  ]);
  return {
    ...{ url, pid: child.pid ?? 0 },
    get lines() {
      return lines.records;
    },
    end: async (signal) => {
      child.kill(signal);
      const code = await exited;
      void lines.records;
      return code;
    },
  };
}

function failure(args: readonly string[], errors: readonly string[], lines: readonly unknown[]): string {
  return `serve ${args.join(" ")} ended before it listened: ${errors.join("")}${JSON.stringify(lines.at(-1))}`;
}

/** Runs one command of `auditflow` to its end. */
export async function runCommand(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["--conditions=auditflow-source", main, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? 1)));
  return { code, stdout, stderr };
}
