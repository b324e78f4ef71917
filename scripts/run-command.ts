import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./root.ts";

/** How a command is run: in the repository's folder unless told otherwise. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `show` lets it write to our own output as it goes; `keep` gives its output back. */
  readonly output: "show" | "keep";
  /** It is ended after so many seconds and counts as failed. */
  readonly seconds: number;
  /** Ends it early, as when we were interrupted ourselves. */
  readonly signal?: AbortSignal;
}

/** How a command ended. A code of 1 with the reason in `output` also when it could not be started or ran too long. */
export interface RunResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end. Never rejects: trouble is a result like any other. */
export function runCommand(command: readonly string[], options: RunOptions): Promise<RunResult> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const kept: Buffer[] = [];
    const output = options.output === "show" ? "inherit" : "pipe";
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", output, output],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let overdue = false;
    const deadline = setTimeout(() => {
      overdue = true;
      child.kill("SIGKILL");
    }, options.seconds * 1000);
    child.stdout?.on("data", (chunk) => kept.push(chunk));
    child.stderr?.on("data", (chunk) => kept.push(chunk));
    child.on("error", (error) => kept.push(Buffer.from(`${program}: ${error.message}\n`)));
    child.on("close", (code) => {
      clearTimeout(deadline);
      if (overdue) kept.push(Buffer.from(`${program} was ended after ${options.seconds} s\n`));
      resolve({ code: code === null || code < 0 ? 1 : code, output: Buffer.concat(kept).toString("utf8") });
    });
  });
}

/** The command line of a tool that npm installed, on the very Node that runs us. */
export function tool(name: string): readonly string[] {
  return [process.execPath, join(root, "node_modules", ".bin", name)];
}
