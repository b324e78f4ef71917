import type { Alert } from "@auditflow/contracts";
import type { Bench, FaultCase } from "../case.ts";
import { putMessages } from "../facts/broker-messages.ts";
import { eventIdOfAlert, mintAlerts } from "../facts/canary-alerts.ts";
import { queues } from "../system/run-servers.ts";

const service = "notification-service";
const rounds = 10;
const batchSize = 500;
const debugSeverity = 5;

/** Two replicas write the same rows at the same time, half of which are there already, in opposite orders. */
export const f45: FaultCase = {
  title: "half of every batch is stored already, and two replicas write the same alerts in opposite order",
  env: { [service]: { AUDITFLOW_LOG_LEVEL: "debug" } },
  async run(bench) {
    const { system, servers, measured, problem } = bench;
    const parts = [service, await system.replica(service)];
    await bench.until(
      async () => (await servers.queue(queues.alerts)).consumers >= 2,
      "both replicas consume",
    );
    const before = await written(bench, parts);
    for (let n = 0; n < rounds; n += 1) await playRound(bench, n);
    const work = (await written(bench, parts)).map((done, index) => done - (before[index] ?? 0));
    measured("alerts_handled", work);
    measured("deadlocks", await deadlocks(bench));
    if (work.some((done) => done === 0)) problem(`A replica wrote nothing: ${work.join(" and ")}`);
    for (const part of parts) judgeLines(bench, part);
    return `${rounds} batches of ${batchSize} sent four times each, half of every batch stored before; the replicas handled ${work.join(" and ")} alerts`;
  },
};

async function playRound(bench: Bench, n: number): Promise<void> {
  const { servers, oracle } = bench;
  const alerts = await mintAlerts(bench, batchSize);
  const isStored = (some: readonly Alert[]) => async (): Promise<boolean> => {
    const ids = some.map(({ alert_id }) => alert_id);
    const [row] = await servers.sql("select count(*)::int as rows from alerts where alert_id = any($1)", [
      ids,
    ]);
    return row?.["rows"] === some.length;
  };
  const half = alerts.filter((_alert, index) => index % 2 === 0);
  await servers.amqp(async (channel) => {
    await putMessages(channel, queues.alerts, [JSON.stringify(half)]);
    await bench.until(isStored(half), `half of batch ${n} is stored`, 30_000);
    const forward = JSON.stringify(alerts);
    const backward = JSON.stringify(alerts.toReversed());
    await putMessages(channel, queues.alerts, [forward, backward, backward, forward]);
    await bench.until(isStored(alerts), `batch ${n} is stored`, 30_000);
  });
  await oracle.acked(alerts.map(eventIdOfAlert), true);
}

async function written({ system }: Bench, parts: readonly string[]): Promise<number[]> {
  return await Promise.all(
    parts.map(async (part) => {
      const stored = await system.metric(part, "auditflow_alerts_stored_total");
      return stored + (await system.metric(part, "auditflow_alerts_duplicate_total"));
    }),
  );
}

/** Rings of waiting transactions that PostgreSQL has broken up; each must have been tried again. */
async function deadlocks({ servers }: Bench): Promise<number> {
  const [row] = await servers.sql(
    "select deadlocks::int from pg_stat_database where datname = current_database()",
  );
  return Number(row?.["deadlocks"]);
}

/** A duplicate is everyday business: nobody is to be told above debug, and nothing may be given up for it. */
function judgeLines({ system, problem, measured }: Bench, part: string): void {
  const { lines } = system.process(part);
  const loud = lines.filter(
    (line) =>
      Number(line["severity_number"]) > debugSeverity && /23505|40P01|40001/.test(JSON.stringify(line)),
  );
  measured(`log lines of ${part}`, lines.length);
  for (const line of loud.slice(0, 3))
    problem(`${part} speaks of a conflict: ${JSON.stringify(line).slice(0, 400)}`);
}
