import type { QuarantinedRecord } from "@auditflow/contracts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Transport } from "../transport/transport.ts";
import type { Windows } from "../windows/windows.ts";
import type { Need } from "./role-table.ts";

/** What an adapter is given beside its URL. */
export interface Surroundings {
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** The type behind each need. */
export interface Connected {
  readonly transport: Transport;
  readonly windows: Windows;
  readonly database: Database;
}

type Connect<N extends Need> = (url: string, around: Surroundings) => Promise<Connected[N]>;

/**
 * URL scheme -> adapter. Returns at once, whether the server answers or not; only the adapters in use are loaded.
 */
const adapters: { readonly [N in Need]: Readonly<Record<string, Connect<N>>> } = {
  transport: {
    amqp: async (url, around) =>
      (await import("../transport/rabbitmq.ts")).rabbitmqTransport({ url, ...counted(around) }),
    sqlite: async (url, around) =>
      (await import("../transport/sqlite.ts")).sqliteTransport({ path: pathOf(url), ...counted(around) }),
    memory: async (_url, around) => (await import("../transport/memory.ts")).memoryTransport(counted(around)),
  },
  windows: {
    redis: async (url, around) =>
      (await import("../windows/redis.ts")).redisWindows({
        ...{ url, ...caps(around) },
        onReset: () => around.metrics.windowResets.inc(),
      }),
    sqlite: async (url, around) =>
      (await import("../windows/sqlite.ts")).sqliteWindows({ path: pathOf(url), ...caps(around) }),
    memory: async (_url, around) => (await import("../windows/memory.ts")).memoryWindows(caps(around)),
  },
  database: {
    postgres: async (url, { clock }) =>
      (await import("../database/postgres.ts")).postgresDatabase({ url, clock }),
    sqlite: async (url, { clock }) =>
      (await import("../database/sqlite.ts")).sqliteDatabase({ path: pathOf(url), clock }),
  },
};

/** Schemes that mean the same adapter. */
const aliases: Readonly<Record<string, string>> = { amqps: "amqp", rediss: "redis", postgresql: "postgres" };

/** Makes the adapter that the URL's scheme names. The configuration has checked the scheme. */
export function connect<N extends Need>(need: N, url: string, around: Surroundings): Promise<Connected[N]> {
  const scheme = url.slice(0, url.indexOf(":"));
  const make = adapters[need][aliases[scheme] ?? scheme];
  if (make === undefined) throw new Error(`no ${need} adapter for ${scheme}:`);
  return make(url, around);
}

function pathOf(url: string): string {
  return url.slice("sqlite:".length);
}

function caps({ clock, metrics }: Surroundings): { clock: Clock; onEvict: (n: number) => void } {
  return { clock, onEvict: (n) => metrics.windowEvictions.inc(n) };
}

function counted({ clock, metrics }: Surroundings): {
  clock: Clock;
  onQuarantine: (record: QuarantinedRecord) => void;
} {
  return { clock, onQuarantine: ({ code }) => metrics.recordsQuarantined.inc({ code }) };
}
