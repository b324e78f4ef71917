import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryWindows } from "../../packages/server/src/windows/memory.ts";
import { redisWindows } from "../../packages/server/src/windows/redis.ts";
import { sqliteWindows } from "../../packages/server/src/windows/sqlite.ts";
import type { Windows } from "../../packages/server/src/windows/windows.ts";
import type { WindowRow } from "./window-rows.ts";

/** A window store that is empty and answers. */
export interface OpenStore {
  readonly windows: Windows;
  /** How many members and groups were dropped because a cap was reached. */
  readonly evicted: () => number;
  readonly close: () => Promise<void>;
}

const clock = { now: () => Date.now() };

/** Room for every row. */
const maxGroups = 2_000_000;

/** Opens a store of its own; `url` is that of an empty Redis, for rows about Redis. */
export async function openStore(store: WindowRow["store"], url: string): Promise<OpenStore> {
  let evicted = 0;
  const onEvict = (n: number): void => {
    evicted += n;
  };
  const folder = await mkdtemp(join(tmpdir(), "auditflow-bench-"));
  const windows = {
    memory: () => memoryWindows({ clock, maxGroups, onEvict }),
    redis: () => redisWindows({ clock, maxGroups, onEvict, url }),
    sqlite: () => sqliteWindows({ clock, maxGroups, onEvict, path: join(folder, "windows.db") }),
  }[store]();
  for (const deadline = Date.now() + 10_000; windows.health().status === "fail"; ) {
    if (Date.now() > deadline) throw new Error(`${store} did not answer within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    windows,
    evicted: () => evicted,
    close: async () => {
      await windows.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
