import type { LogModule, QuarantinedRecord } from "@auditflow/contracts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Transport } from "../transport/transport.ts";
import type { Windows } from "../windows/windows.ts";
import type { Need } from "./role-table.ts";

/** What an adapter is given beside its URL. */
export interface Surroundings {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Left out: a command of a moment, whose adapters tell nobody. */
  readonly log?: Logger;
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
      (await import("../transport/rabbitmq.ts")).rabbitmqTransport({ url, ...told(around) }),
    sqlite: async (url, around) =>
      (await import("../transport/sqlite.ts")).sqliteTransport({ path: pathOf(url), ...told(around) }),
    memory: async (_url, around) => (await import("../transport/memory.ts")).memoryTransport(told(around)),
  },
  windows: {
    redis: async (url, around) =>
      (await import("../windows/redis.ts")).redisWindows({
        ...{ url, ...caps(around) },
        onReset: () => {
          around.metrics.windowResets.inc();
          moduleLog(around, "windows")?.warn(
            { "event.name": "windows.reset" },
            "the window store lost all it held",
          );
        },
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

function moduleLog({ log }: Surroundings, module: LogModule): Logger | undefined {
  return log?.child({ module });
}

function caps(around: Surroundings): { clock: Clock; onEvict: (n: number) => void } {
  const log = moduleLog(around, "windows");
  return {
    clock: around.clock,
    onEvict: (evicted) => {
      around.metrics.windowEvictions.inc(evicted);
      log?.debug({ "event.name": "windows.evicted", evicted }, "groups or entries were dropped at a cap");
    },
  };
}

function told(around: Surroundings): {
  clock: Clock;
  onQuarantine: (record: QuarantinedRecord) => void;
  onTrouble: (origin: { topic: string; group: string }, error: unknown) => void;
} {
  const log = moduleLog(around, "transport");
  return {
    clock: around.clock,
    onQuarantine: ({ code, topic, size_bytes }) => {
      around.metrics.recordsQuarantined.inc({ code });
      log?.debug(
        { "event.name": "transport.quarantined", code, topic, size_bytes },
        "a record was quarantined",
      );
    },
    // The dependency behind it has its own line; this is for whoever looks closer.
    onTrouble: ({ topic, group }, error) =>
      log?.debug(
        { "event.name": "transport.paused", topic, group, error },
        "records go back and are taken again later",
      ),
  };
}
