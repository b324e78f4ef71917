import { AuditFlowError, type Health } from "@auditflow/contracts";
import type { Counter } from "@prometheus-io/client";
import type { FastifyInstance } from "fastify";
import { drainable } from "../api/drain.ts";
import { logLevelRoutes } from "../api/log-level-routes.ts";
import { measureRequests } from "../api/measure-requests.ts";
import { rateLimits } from "../api/rate-limit.ts";
import { createHttp, processRoutes } from "../api/server.ts";
import { openSessions } from "../api/session.ts";
import { sessionRoutes } from "../api/session-routes.ts";
import type { WatchedDependency } from "../telemetry/health.ts";
import { type Logger, observeDropped } from "../telemetry/log.ts";
import type { LogLevels } from "../telemetry/log-levels.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { reportService } from "../telemetry/service-reports.ts";
import type { Tracing } from "../telemetry/trace.ts";
import { watchDependencies } from "../telemetry/watch-dependencies.ts";
import type { Config } from "./config.ts";
import { type Connected, connect } from "./connect.ts";
import { type Control, startControl } from "./control.ts";
import { type DataFolder, takeDataFolder, tokenFile } from "./data-folder.ts";
import { beginTracing, tracedResources } from "./open-tracing.ts";
import { processHealth } from "./process-health.ts";
import type { Resources, Stoppable } from "./resources.ts";
import { impairedOnWarning, impairedWithout, type Need, needsOf, waitingPlace } from "./role-table.ts";
import { startRole } from "./roles.ts";
import { systemClock } from "./system-clock.ts";
import { version } from "./version.ts";
import { watchData } from "./watch-data.ts";

/** A running process: its address and how to end it. */
export interface App extends Stoppable {
  readonly url: string;
  readonly health: () => Health;
  /** Has the process look at its rule files now, as SIGHUP asks; resolves when what they say is in force. */
  readonly reload: () => Promise<void>;
  /** The file of the token without which nobody may do anything; undefined where none is asked for or it came from elsewhere. */
  readonly tokenFile: string | undefined;
}

/** What a process has of its own, whatever runs in it. */
export interface Own {
  readonly log: Logger;
  readonly levels: LogLevels;
  /** `service.instance.id` of its log lines: tells the process apart from every other. */
  readonly instance: string;
  /** Ended with the process; absent when there is none. */
  readonly tracing?: Tracing | undefined;
}

/** Things to stop, in the reverse order of their start; one that fails does not keep the others from stopping. */
class StopStack implements Stoppable {
  readonly #steps: (() => Promise<void> | void)[] = [];

  push(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  async stop(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await Promise.resolve(step()).catch(() => undefined);
    }
  }
}

/**
 * Starts the configured roles in this process. A server that is down does not keep it from starting.
 * @throws AuditFlowError port_in_use, data_folder_locked or invalid_config, with nothing left running.
 */
export async function createApp(config: Config, own: Own): Promise<App> {
  const running = new StopStack();
  try {
    return await start(config, own, running);
  } catch (error) {
    await running.stop();
    throw error;
  }
}

// Long because it is the one place where the parts meet: each is taken down in the reverse order of these lines.
async function start(config: Config, own: Own, running: StopStack): Promise<App> {
  const log = own.log.child({ module: "app" });
  const clock = systemClock;
  const metrics = createMetrics(version);
  observeDropped(own.log, (lines) => metrics.logLinesDropped.inc(lines));
  const folder = takeFolder(config, running);
  const token = config.apiToken ?? folder?.token;
  let phase: "starting" | "ready" | "draining" = "starting";

  const sessions = token === undefined ? undefined : openSessions(token, clock);
  const access = { ...config, token, sessions };
  const http = createHttp({ ...access, log: log.child({ module: "api" }) });
  const drain = drainable(http);
  measureRequests(http, metrics);
  running.push(beginTracing(own.tracing, { http, log, metrics }));
  await rateLimits(http, { perMinute: config.rateLimit, token });
  const connected: Partial<Record<Need, Connected[Need]>> = {};
  const dependencies: WatchedDependency[] = [];
  running.push(async () => {
    await Promise.all(Object.values(connected).map((adapter) => adapter.stop()));
  });
  for (const need of needsOf(config.roles)) {
    const adapter = await connect(need, config.urls[need], { clock, metrics, log: own.log });
    connected[need] = adapter;
    const impairs = impairedWithout(config.roles, need, waitingPlace(config.urls.transport));
    const impairsOnWarning = impairedOnWarning[need];
    dependencies.push({ need, health: () => adapter.health(), impairs, impairsOnWarning });
  }
  const disk = await watchData(config, { clock, log, metrics });
  running.push(() => disk?.stop());
  const adapters = connected as unknown as Connected;
  const transport = disk === undefined ? adapters.transport : disk.gated(adapters.transport);
  const control = startControl({ ...(connected as Partial<Connected>), config, own, clock });
  running.push(() => control.stop());
  const resources: Resources = {
    ...{ ...adapters, ...control, transport, config, http, clock, log, metrics, sessions },
  };
  const watched = disk === undefined ? dependencies : [...dependencies, disk.dependency];
  const { health, stop } = processHealth({
    ...{ config, clock, name: serviceName(config), dependencies: watched, ruleSet: control.ruleSet },
  });
  running.push(stop);
  processRoutes(http, { ready: () => phase === "ready", health, metrics });
  sessionRoutes(http, access);
  if (!forwards(config)) logLevelRoutes(http, control.logLevels);
  running.push(reports(resources, control, own.instance));
  for (const role of config.roles) {
    const stage = await startRole[role](tracedResources(resources, role, own.tracing));
    running.push(() => stage.stop());
  }
  running.push(watchDependencies(dependencies, { log, metrics, clock }));
  running.push(() => http.close());
  const url = await listen(http, config);
  phase = "ready";
  running.push(async () => {
    phase = "draining";
    await drain();
  });
  return { url, health, ...offers(config, control), stop: () => running.stop() };
}

function offers(config: Config, { rules }: Control): Pick<App, "reload" | "tokenFile"> {
  return {
    tokenFile: askedFor(config),
    // What fails is in the log.
    reload: async () => void (await rules.reloadHere("signal").catch(() => undefined)),
  };
}

function askedFor({ apiToken, data, anonymousAccess }: Config): string | undefined {
  const isMade = apiToken === undefined && data !== undefined;
  return isMade && anonymousAccess === "none" ? tokenFile(data) : undefined;
}

/** Whether this process is a front door that has the services' API answered by another one. */
function forwards({ roles }: Config): boolean {
  return roles.includes("event-audit-dashboard") && !roles.includes("notification-service");
}

function reports(
  { config, clock, metrics }: Resources,
  { report, ruleSet }: Control,
  instance: string,
): () => Promise<void> {
  if (report === undefined) return async () => undefined;
  const total = (counter: Counter) => async (): Promise<number> =>
    (await counter.get()).values[0]?.value ?? 0;
  return reportService({
    ...{ publish: report, clock, instance, version },
    services: config.roles,
    ruleSet: () => ruleSet.read(),
    counters: {
      generated: total(metrics.eventsGenerated),
      accepted: total(metrics.eventsAccepted),
      evaluated: total(metrics.eventsEvaluated),
    },
  });
}

function takeFolder(config: Config, running: StopStack): DataFolder | undefined {
  if (config.data === undefined) return undefined;
  const folder = takeDataFolder(config.data);
  running.push(() => folder.release());
  return folder;
}

/** The name under which a process reports: its service's, or the product's when several share it. */
export function serviceName({ roles: names }: Config): string {
  const [only, ...others] = names;
  return only !== undefined && others.length === 0 ? only : "auditflow";
}

async function listen(http: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await http.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new AuditFlowError(
      "port_in_use",
      `Port ${port} on ${host} is in use; set another with --port or AUDITFLOW_PORT`,
      {
        cause: error,
      },
    );
  }
}
