import { postgres } from "../scripts/servers/postgres.ts";
import { redis } from "../scripts/servers/redis.ts";
import { startServers } from "../scripts/servers.ts";
import { startJudge } from "./judge/judge.ts";
import type { Court } from "./judge-product.ts";
import { type Adapter, windowAdapters } from "./window-adapters.ts";

/**
 * Does work with a judge and with window stores, on the servers that the environment names and on its own where it names
 * none; nothing of it is left afterwards.
 */
export async function onServers<T>(
  adapters: readonly Adapter[],
  work: (court: Pick<Court, "judge" | "adapters">) => Promise<T>,
): Promise<T> {
  const needed = adapters.includes("redis") ? [postgres, redis] : [postgres];
  const servers = await startServers(needed);
  const urlOf = ({ variable }: { variable: string }): string | undefined =>
    servers.environment[variable] ?? (process.env[variable] || undefined);
  try {
    const judge = await startJudge(urlOf(postgres)!);
    const stores = await windowAdapters(needed.includes(redis) ? urlOf(redis) : undefined);
    try {
      return await work({ judge, adapters: stores });
    } finally {
      await stores.remove();
      await judge.stop();
    }
  } finally {
    await servers.stop();
  }
}
