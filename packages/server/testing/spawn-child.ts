import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ChildLine, ChildTask } from "./transport-child.ts";

/** A real process on a transport, to be killed. */
export interface SpawnedChild {
  /** Every line it said so far. */
  readonly lines: readonly ChildLine[];
  readonly hasEnded: () => boolean;
  /** SIGKILL; resolves when it is gone and everything it said has been read. */
  kill(): Promise<void>;
}

/** Starts `transport-child.ts` with this task. What it writes to standard error goes to ours. */
export function spawnChild(task: ChildTask): SpawnedChild {
  const script = fileURLToPath(new URL("./transport-child.ts", import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    ["--conditions=auditflow-source", script, JSON.stringify(task)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines: ChildLine[] = [];
  createInterface({ input: child.stdout! }).on("line", (line) => lines.push(JSON.parse(line) as ChildLine));
  const closed = once(child, "close");
  let ended = false;
  void closed.then(() => {
    ended = true;
  });
  return {
    lines,
    hasEnded: () => ended,
    kill: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
