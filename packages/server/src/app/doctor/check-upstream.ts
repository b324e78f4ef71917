import type { Health } from "@auditflow/contracts";
import type { Clock } from "../../telemetry/clock.ts";
import { clockSkew } from "./clock-skew.ts";
import { connectionFault } from "./connection-fault.ts";
import { type Check, type Found, fail, ok, warn } from "./finding.ts";

/** A service of another process that the front door passes requests on to. */
export interface UpstreamPlace {
  readonly service: string;
  readonly url: string;
  /** The environment variable that names it. */
  readonly setting: string;
  readonly clock: Clock;
}

const callMs = 3_000;

/** Whether a service answers at its address, is the one that is meant, and goes by the same clock. */
export function checkUpstream(place: UpstreamPlace): Check {
  return {
    area: "services",
    fix: `Start ${place.service}, or correct ${place.setting}.`,
    run: () => look(place),
  };
}

async function look({ service, url, setting, clock }: UpstreamPlace): Promise<Found[]> {
  const asked = clock.now();
  try {
    const answer = await fetch(new URL("/healthz", url), {
      signal: AbortSignal.timeout(callMs),
      redirect: "manual",
    });
    const answered = clock.now();
    const health = (await answer.json().catch(() => ({}))) as Partial<Health>;
    const theirs = Date.parse(answer.headers.get("date") ?? "");
    const skew = Number.isNaN(theirs)
      ? []
      : [clockSkew({ of: service, theirs, asked, answered, grain: 1000 })];
    return [known(health, { service, url, setting }), ...skew];
  } catch (error) {
    const name = { product: service, setting, isRunning: `auditflow status --url ${url}` };
    const cause = (error as Error).cause ?? error;
    const found =
      connectionFault(cause, name) ??
      fail((error as Error).message, `Start ${service}, or correct ${setting}.`);
    return [{ ...found, what: `${service} at ${url}: ${found.what}` }];
  }
}

function known(health: Partial<Health>, { service, url, setting }: Omit<UpstreamPlace, "clock">): Found {
  if (health.service === undefined) {
    return fail(`what answers at ${url} is not AuditFlow`, `Correct ${setting}: it is to name ${service}.`);
  }
  if (health.service !== service && health.service !== "auditflow") {
    return fail(`at ${url} answers ${health.service}`, `Correct ${setting}: it is to name ${service}.`);
  }
  const { status = "fail", version = "" } = health;
  if (status === "pass") return ok(`${service} ${version} works at ${url}`);
  const fix = `Run \`auditflow status --url ${url}\`, and \`auditflow doctor ${service}\` on its machine.`;
  return warn(`${service} ${version} at ${url} says ${status}`, fix);
}
