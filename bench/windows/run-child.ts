import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { redis } from "../../scripts/servers/redis.ts";
import type { WindowRow } from "./window-rows.ts";

/** Megabytes of heap for a million groups. */
const heap = 12_288;

/** A script of this folder in a process of its own, where nothing is left of what was measured before it. */
export interface Child {
  /** Tells it a line. */
  tell(line: string): void;
  /** The next line that it says; rejects when it ended before. */
  heard(): Promise<string>;
  /** Tells it that no more lines come, and resolves when it has ended. */
  end(): Promise<void>;
  /** Ends it at once, unless it has ended. */
  kill(): void;
}

/** Starts a script with an order. */
export function startChild(script: URL, order: object): Child {
  const flags = ["--conditions=auditflow-source", "--expose-gc", `--max-old-space-size=${heap}`];
  const child = spawn(process.execPath, [...flags, fileURLToPath(script), JSON.stringify(order)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // What is told to one that has ended goes nowhere; who listens to it hears that it has.
  child.stdin.on("error", () => {});
  return {
    tell: (line) => void child.stdin.write(`${line}\n`),
    heard: async () => {
      const { done, value } = await lines.next();
      if (done === true) throw new Error(`${script.pathname} ended before it was done`);
      return value;
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

/** A server that was started for one measurement. */
export interface OwnServer {
  readonly url: string;
  /** The id of its process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts an empty Redis for what is measured in Redis, and nothing for all else. */
export async function serverFor(store: WindowRow["store"]): Promise<OwnServer> {
  if (store !== "redis") return { url: "", pid: 0, stop: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "auditflow-bench-"));
  // With its append-only file on, as in production.
  const server = await redis.start(folder);
  return {
    url: server.url,
    pid: await server.pid(),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
