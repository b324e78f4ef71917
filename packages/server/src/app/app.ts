import { randomUUID } from "node:crypto";
import { AuditFlowError, type Health, type ServiceHealth } from "@auditflow/contracts";
import type { Counter } from "@prometheus-io/client";
import type { FastifyInstance } from "fastify";
import { frontDoorHealth } from "../api/front-door-health.ts";
import { rateLimits } from "../api/rate-limit.ts";
import { createHttp, processRoutes } from "../api/server.ts";
import { healthReport, type WatchedDependency, watchDependencies } from "../telemetry/health.ts";
import type { Logger } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { reportService } from "../telemetry/service-reports.ts";
import type { Config } from "./config.ts";
import { type Connected, connect } from "./connect.ts";
import { takeDataFolder } from "./data-folder.ts";
import type { Resources, Stoppable } from "./resources.ts";
import { impairedWithout, type Need, needsOf, type RoleName } from "./role-table.ts";
import { startRole } from "./roles.ts";
import { systemClock } from "./system-clock.ts";
import { version } from "./version.ts";

/** A running process: its address and how to end it. */
export interface App extends Stoppable {
  readonly url: string;
  readonly health: () => Health;
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
export async function createApp(config: Config, log: Logger): Promise<App> {
  const running = new StopStack();
  try {
    return await start(config, log, running);
  } catch (error) {
    await running.stop();
    throw error;
  }
}

// Long because it is the one place where the parts meet: each is taken down in the reverse order of these lines.
async function start(config: Config, log: Logger, running: StopStack): Promise<App> {
  const clock = systemClock;
  const metrics = createMetrics(version);
  const token = config.apiToken ?? takeFolder(config, running);
  let phase: "starting" | "ready" | "draining" = "starting";

  const http = createHttp({ ...config, token, log });
  await rateLimits(http, { perMinute: config.rateLimit, token });
  const connected: Partial<Record<Need, Connected[Need]>> = {};
  const dependencies: WatchedDependency[] = [];
  running.push(async () => {
    await Promise.all(Object.values(connected).map((adapter) => adapter.stop()));
  });
  for (const need of needsOf(config.roles)) {
    const adapter = await connect(need, config.urls[need], { clock, metrics });
    connected[need] = adapter;
    dependencies.push({ need, health: () => adapter.health(), impairs: impairedWithout(config.roles, need) });
  }
  const resources: Resources = { ...(connected as unknown as Connected), config, http, clock, log, metrics };
  const health = healthOf(resources, dependencies, running);
  processRoutes(http, { ready: () => phase === "ready", health, metrics });
  if (connected.transport !== undefined) running.push(reports(resources));
  for (const role of config.roles) {
    const stage = await startRole[role](resources);
    running.push(() => stage.stop());
  }
  running.push(watchDependencies(dependencies, { log, metrics }));
  running.push(() => http.close());
  const url = await listen(http, config);
  phase = "ready";
  running.push(() => {
    phase = "draining";
  });
  return { url, health, stop: () => running.stop() };
}

/** What this process says of itself; at the front door also what is known of the services behind it. */
function healthOf(
  { config, clock }: Resources,
  dependencies: readonly WatchedDependency[],
  running: StopStack,
): () => Health {
  const own = (): Health => healthReport(serviceName(config), version, dependencies);
  if (!config.roles.includes("event-audit-dashboard")) return own;
  const door = frontDoorHealth({
    process: own,
    own: Object.fromEntries(config.roles.map((role) => [role, () => roleHealth(role, dependencies)])),
    upstreams: config.upstreams,
    clock,
  });
  running.push(() => door.stop());
  return () => door.health();
}

function roleHealth(role: RoleName, dependencies: readonly WatchedDependency[]): ServiceHealth {
  const needed = dependencies
    .filter(({ need }) => needsOf([role]).includes(need as Need))
    .map((dependency) => ({ ...dependency, impairs: impairedWithout([role], dependency.need as Need) }));
  const { service, status, checks } = healthReport(role, version, needed);
  return { service, status, checks };
}

function reports({ config, transport, clock, metrics }: Resources): () => Promise<void> {
  const total = (counter: Counter) => async (): Promise<number> =>
    (await counter.get()).values[0]?.value ?? 0;
  return reportService({
    publish: (report) => transport.publish("control", [report]),
    clock,
    instance: randomUUID(),
    version,
    services: config.roles,
    counters: {
      generated: total(metrics.eventsGenerated),
      accepted: total(metrics.eventsAccepted),
      evaluated: total(metrics.eventsEvaluated),
    },
  });
}

function takeFolder(config: Config, running: StopStack): string | undefined {
  if (config.data === undefined) return undefined;
  const folder = takeDataFolder(config.data);
  running.push(() => folder.release());
  return folder.token;
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
