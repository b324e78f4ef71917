import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { memoryWindows } from "../src/windows/memory.ts";
import { redisWindows } from "../src/windows/redis.ts";
import { sqliteWindows } from "../src/windows/sqlite.ts";
import type { Windows } from "../src/windows/windows.ts";

/** A window store to test on. */
export interface WindowStore {
  readonly name: string;
  readonly runs: number;
  /** An empty store and how to get rid of it. */
  readonly connect: (clock: { now(): number }) => Windows;
  readonly remove: () => Promise<void>;
}

/** The window stores, each with how often a property is tried on it; every test file makes its own. */
export function windowStores(): readonly WindowStore[] {
  const folder = mkdtempSync(join(tmpdir(), "auditflow-correlate-"));
  const prefix = `auditflow-test:${randomUUID()}:`;
  let stores = 0;
  const newName = (): string => {
    stores += 1;
    return `${stores}`;
  };
  return [
    { name: "memory", runs: 400, connect: (clock) => memoryWindows({ clock }), remove: async () => {} },
    {
      name: "sqlite",
      runs: 15,
      connect: (clock) => sqliteWindows({ path: join(folder, `${newName()}.db`), clock }),
      remove: () => rm(folder, { recursive: true }),
    },
    {
      name: "redis",
      runs: 60,
      connect: (clock) => redisWindows({ url: redisUrl(), prefix: `${prefix}${newName()}:`, clock }),
      remove: () => removeKeys(prefix),
    },
  ];
}

function redisUrl(): string {
  const url = process.env["AUDITFLOW_TEST_REDIS_URL"];
  if (!url) throw new Error("Set AUDITFLOW_TEST_REDIS_URL to a Redis server, such as redis://127.0.0.1:6379");
  return url;
}

async function removeKeys(prefix: string): Promise<void> {
  const redis = new Redis(redisUrl());
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
  await redis.quit();
}
