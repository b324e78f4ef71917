import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Clock } from "../packages/server/src/telemetry/clock.ts";
import { memoryWindows } from "../packages/server/src/windows/memory.ts";
import { redisWindows } from "../packages/server/src/windows/redis.ts";
import { sqliteWindows } from "../packages/server/src/windows/sqlite.ts";
import type { Windows } from "../packages/server/src/windows/windows.ts";

/** The adapters of the window store that are judged. */
export const adapters = ["memory", "sqlite", "redis"] as const;
/** One of them. */
export type Adapter = (typeof adapters)[number];

/** Makes empty window stores, and removes what they leave behind. */
export interface WindowAdapters {
  /** A new store, empty and answering. */
  connect(adapter: Adapter, clock: Clock): Promise<Windows>;
  /** Once no store is in use any more. */
  remove(): Promise<void>;
}

/** Where it exists files are in memory: what a store keeps when the machine fails is not judged here. */
const memoryFolder = "/dev/shm";

/** Window stores in a folder, and under keys, of their own; the URL is that of Redis, asked for only where it is needed. */
export async function windowAdapters(redisUrl: string | undefined): Promise<WindowAdapters> {
  const folder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), "auditflow-oracle-"));
  const prefix = `auditflow-oracle:${randomUUID()}:`;
  let stores = 0;
  const make = (adapter: Adapter, clock: Clock): Windows => {
    stores += 1;
    if (adapter === "memory") return memoryWindows({ clock });
    if (adapter === "sqlite") return sqliteWindows({ path: join(folder, `${stores}.db`), clock });
    if (redisUrl === undefined) throw new Error("there is no Redis server");
    return redisWindows({ url: redisUrl, prefix: `${prefix}${stores}:`, clock });
  };
  return {
    connect: async (adapter, clock) => {
      const windows = make(adapter, clock);
      await untilReady(windows);
      return windows;
    },
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
      if (redisUrl !== undefined) await removeKeys(redisUrl, prefix);
    },
  };
}

async function untilReady(windows: Windows): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (windows.health().status !== "pass") {
    if (performance.now() > deadline) {
      const { last_error: error = "it does not answer" } = windows.health();
      await windows.stop();
      throw new Error(`the window store is not ready: ${error}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
      if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
    }
  } finally {
    redis.disconnect();
  }
}
