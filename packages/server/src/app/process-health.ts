import type { Health, Service, ServiceHealth } from "@auditflow/contracts";
import { frontDoorHealth } from "../api/front-door-health.ts";
import type { Clock } from "../telemetry/clock.ts";
import { cachedHealth, healthReport, type WatchedDependency } from "../telemetry/health.ts";
import type { RuleSetBoard } from "../telemetry/rule-set-board.ts";
import type { Config } from "./config.ts";
import { impairedWithout, type Need, needsOf, type RoleName, roleTable, waitingPlace } from "./role-table.ts";
import { ruleHealth } from "./rule-health.ts";
import { version } from "./version.ts";

/** What the health of a process is put together from. */
export interface ProcessHealthOptions {
  readonly config: Config;
  /** The name under which the process reports. */
  readonly name: string;
  readonly clock: Clock;
  readonly dependencies: readonly WatchedDependency[];
  /** The rules in force, where there are any. */
  readonly ruleSet: Pick<RuleSetBoard, "read">;
}

/**
 * What this process says of itself, and at the front door what is known of the services behind it. Answers at once,
 * from what was put together at most a second ago; `stop` ends the questions to other processes.
 */
export function processHealth(options: ProcessHealthOptions): { health: () => Health; stop: () => void } {
  const { config, name, clock, dependencies, ruleSet } = options;
  const own = (): Health => healthReport(name, version, [...dependencies, ...ruleHealth(ruleSet)]);
  if (!config.roles.includes("event-audit-dashboard")) {
    return { health: cachedHealth(own, clock), stop: () => undefined };
  }
  const door = frontDoorHealth({
    process: own,
    own: Object.fromEntries(config.roles.map((role) => [role, () => roleHealth(role, options)])),
    upstreams: config.upstreams,
    impairedWithout: (service: Service) => roleTable[service as RoleName].without,
    clock,
  });
  return { health: cachedHealth(() => door.health(), clock), stop: () => door.stop() };
}

function roleHealth(role: RoleName, { config, dependencies, ruleSet }: ProcessHealthOptions): ServiceHealth {
  const place = waitingPlace(config.urls.transport);
  const needs: readonly string[] = needsOf([role]);
  const needed = dependencies
    .filter(({ need }) => needs.includes(need))
    .map((dependency) => ({
      ...dependency,
      impairs: impairedWithout([role], dependency.need as Need, place),
    }));
  const rules = role === "audit-log-analysis" ? ruleHealth(ruleSet) : [];
  return healthReport(role, version, [...needed, ...rules]);
}
