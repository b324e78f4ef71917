import { AuditFlowError } from "@auditflow/contracts";
import { type Config, upstreamSettingOf } from "../config.ts";
import { type Need, needsOf, type RoleName } from "../role-table.ts";
import { systemClock } from "../system-clock.ts";
import { version } from "../version.ts";
import { checkDataFolder } from "./check-data-folder.ts";
import { checkPort } from "./check-port.ts";
import { checkRules } from "./check-rules.ts";
import { checkUpstream } from "./check-upstream.ts";
import { type Check, type Finding, fail, ok, runChecks } from "./finding.ts";
import { leastVersion } from "./least-version.ts";

/**
 * Looks at everything that the configured services need on this machine and beyond, side by side, within some 12 s.
 * Changes nothing that outlives it. `name` is what the process would report itself as.
 */
export async function diagnose(config: Config, name: string): Promise<Finding[]> {
  const checks = [
    program(config),
    ...(config.data === undefined ? [] : checkDataFolder(config.data)),
    ...(config.roles.includes("audit-log-analysis") ? [checkRules(config.rules)] : []),
    checkPort({ host: config.host, port: config.port, service: name }),
    ...(await Promise.all(needsOf(config.roles).map((need) => checksOf(need, config.urls[need])))).flat(),
    ...upstreams(config),
  ];
  return await runChecks(checks);
}

/** The faults of a configuration that cannot be used, each as a finding; anything else is thrown on. */
export function diagnoseSettings(error: unknown): Finding[] {
  if (!(error instanceof AuditFlowError) || error.faults.length === 0) throw error;
  return error.faults.map(({ pointer, detail }) => ({
    area: "settings",
    ...fail(
      `${pointer}: ${detail}`,
      `Correct ${pointer} in the environment, the settings file or the flags.`,
    ),
  }));
}

function program(config: Config): Check {
  return {
    area: "program",
    fix: "Install Node 24.",
    run: async () => [
      ok(`AuditFlow ${version}, to run ${config.roles.join(", ")}`),
      leastVersion("Node", process.versions.node, { least: "24", fix: "Install Node 24 or later." }),
    ],
  };
}

/** Drivers are loaded only for the servers that are used. */
async function checksOf(need: Need, url: string): Promise<Check[]> {
  if (need === "transport" && /^amqps?:/.test(url)) {
    return [(await import("./check-broker.ts")).checkBroker(url)];
  }
  if (need === "windows" && /^rediss?:/.test(url)) {
    return [(await import("./check-redis.ts")).checkRedis(url, systemClock)];
  }
  if (need === "database" && /^postgres(ql)?:/.test(url)) {
    return [(await import("./check-postgres.ts")).checkPostgres(url, systemClock)];
  }
  return [];
}

function upstreams({ upstreams: addresses }: Config): Check[] {
  return Object.entries(addresses).map(([service, url]) =>
    checkUpstream({ service, url, setting: upstreamSettingOf(service as RoleName), clock: systemClock }),
  );
}
