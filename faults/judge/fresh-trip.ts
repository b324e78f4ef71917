import type { AlertList } from "@auditflow/contracts";
import { until } from "../../packages/server/testing/until.ts";
import type { Bench } from "../case.ts";
import { ruleIds } from "./judge.ts";
import { ask } from "./read-api.ts";

const limitMs = 10_000;

/** Sends a fresh canary and resolves to the milliseconds until its alert could be read; rejects after 10 s. */
export async function freshTrip({ load, system, oracle }: Bench): Promise<number> {
  const [event] = await load.mint("canary", 1);
  const begun = performance.now();
  await ask(`${system.intake()}/api/v1/events`, [event]);
  await oracle.acked([event!.event_id], false);
  const query = `rule_id=${ruleIds.canary}&limit=50`;
  await until(
    async () => {
      const { alerts } = await ask<AlertList>(`${system.api()}/api/v1/alerts?${query}`);
      return alerts.some(({ impacted_resource }) => impacted_resource.resource_id === event!.resource);
    },
    "a fresh event makes the full trip",
    limitMs,
  );
  return Math.round(performance.now() - begun);
}
