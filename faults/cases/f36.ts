import type { Bench, FaultCase } from "../case.ts";
import { alertsOf } from "../facts/canary-alerts.ts";
import { eventOf } from "../load/event-of.ts";
import { queues } from "../system/run-servers.ts";

const seconds = 12;

/** Which metric shows that a replica did a share of the work. */
const shares = [
  { service: "audit-log-analysis", metric: "auditflow_events_evaluated_total", queue: queues.events },
  { service: "notification-service", metric: "auditflow_alerts_stored_total", queue: queues.alerts },
] as const;

/** Two of each share the work: what comes out must be what one alone would have said. */
export const f36: FaultCase = {
  title: "two replicas of audit-log-analysis and of notification-service, one of each killed on the way",
  async run(bench) {
    const { system } = bench;
    const proofs: string[] = [];
    const pairs = await Promise.all(
      shares.map(async (share) => ({
        ...share,
        parts: [share.service, await system.replica(share.service)],
      })),
    );
    await bench.lasts(seconds * 1000);
    for (const { service, metric, queue, parts } of pairs) {
      const work = await Promise.all(parts.map((part) => system.metric(part, metric)));
      bench.measured(`shares of ${service}`, work);
      if (work.some((done) => done === 0))
        bench.problem(`A replica of ${service} did nothing: ${work.join(", ")}`);
      const { consumers } = await bench.servers.queue(queue);
      if (consumers < 2) bench.problem(`${queue} has ${consumers} consumers`);
      proofs.push(`${service}: ${consumers} consumers, ${work.join(" and ")} in ${metric}`);
    }
    // Whose work in hand goes over to the other one.
    for (const { parts } of pairs) await system.kill(parts[0]!);
    await bench.lasts(3000);
    return proofs.join("; ");
  },
  afterwards: expectOutputOfOne,
};

/** Every alert that one process alone makes of the acknowledged events, with its count, and no other. */
async function expectOutputOfOne({ oracle, servers, measured, problem }: Bench): Promise<void> {
  const { acked } = await oracle.report();
  const expected = new Map(
    (await alertsOf(acked.map(eventOf))).map((alert) => [alert.alert_id, alert.count]),
  );
  const rows = await servers.sql(
    "select alert_id, count::int as count from alerts where merged_into is null",
  );
  const found = new Map(rows.map(({ alert_id, count }) => [String(alert_id), Number(count)]));
  const missing = [...expected.keys()].filter((id) => !found.has(id));
  const extra = [...found.keys()].filter((id) => !expected.has(id));
  const miscounted = [...found].filter(([id, count]) => expected.has(id) && expected.get(id) !== count);
  measured("alerts_of_one", expected.size);
  measured("differences", { missing: missing.length, extra: extra.length, miscounted: miscounted.length });
  if (missing.length > 0)
    problem(`${missing.length} alerts of one replica are missing, such as ${missing[0]}`);
  if (extra.length > 0)
    problem(`${extra.length} alerts are none that one replica makes, such as ${extra[0]}`);
  if (miscounted.length > 0)
    problem(`${miscounted.length} alerts count otherwise, such as ${miscounted[0]?.join(": ")}`);
}
