import type { Alert } from "@auditflow/contracts";
import type { Bench, FaultCase } from "../case.ts";
import { putMessages } from "../facts/broker-messages.ts";
import { eventIdOfAlert, mintAlerts } from "../facts/canary-alerts.ts";
import { queues } from "../system/run-servers.ts";

const batchSize = 500;
const deepLevels = 2000;

/** What makes one alert of a batch impossible to store; its event stays as it was sent. */
const spoilers: Readonly<Record<string, (alert: Alert) => string>> = {
  "a NUL character": (alert) => JSON.stringify({ ...alert, description: "before\0after" }),
  "a lone surrogate": (alert) => JSON.stringify({ ...alert, description: "before\ud800after" }),
  "30 February": (alert) => JSON.stringify({ ...alert, timestamp: "2026-02-30T09:00:00.000Z" }),
  "the year 0000": (alert) => JSON.stringify({ ...alert, timestamp: "0000-01-01T00:00:00.000Z" }),
  "a number out of range": (alert) =>
    JSON.stringify({ ...alert, count: -1 }).replace('"count":-1', '"count":9223372036854775808'),
  "a nesting too deep": (alert) =>
    JSON.stringify({ ...alert, metadata: { deep: 0 } }).replace(
      '"deep":0',
      `"deep":${"[".repeat(deepLevels)}0${"]".repeat(deepLevels)}`,
    ),
};

/** The events whose alerts were spoiled. */
const spoiled = new Set<string>();

/** One row of a batch cannot be stored, each time for another reason; the message comes straight from the broker. */
export const f23: FaultCase = {
  title: `one bad row in a batch of ${batchSize} alerts`,
  refuses: (id) => spoiled.has(id),
  async run(bench) {
    for (const [reason, spoil] of Object.entries(spoilers)) await sendSpoiled(bench, reason, spoil);
    return `${Object.keys(spoilers).length} messages of ${batchSize} alerts put into ${queues.alerts}, each with a row that has ${Object.keys(spoilers).join(", ")}`;
  },
};

async function sendSpoiled(bench: Bench, reason: string, spoil: (alert: Alert) => string): Promise<void> {
  const { servers, oracle, measured, problem } = bench;
  bench.say(`a batch with ${reason}`);
  const alerts = await mintAlerts(bench, batchSize);
  const bad = alerts[Math.floor(bench.random() * alerts.length)]!;
  spoiled.add(eventIdOfAlert(bad));
  const texts = alerts.map((alert) => (alert === bad ? spoil(alert) : JSON.stringify(alert)));
  const refusedBefore = await refusals(bench);
  await servers.amqp((channel) => putMessages(channel, queues.alerts, [`[${texts.join(",")}]`]));
  const ids = alerts.map(({ alert_id }) => alert_id);
  const isSettled = async (): Promise<boolean> => {
    const { rows } = await stored(bench, ids);
    return rows + (await refusals(bench)) - refusedBefore >= batchSize;
  };
  await bench
    .until(isSettled, `the batch with ${reason} is settled`, 30_000)
    .catch((error: Error) => problem(error.message));
  const { rows, passes } = await stored(bench, ids);
  const refused = (await refusals(bench)) - refusedBefore;
  measured(reason, { stored: rows, quarantined: refused, passes });
  if (rows !== batchSize - 1 || refused !== 1)
    problem(`${rows} of ${batchSize} alerts were stored and ${refused} refused because of ${reason}`);
  if (passes !== 1) problem(`The batch with ${reason} was written in ${passes} transactions`);
  await oracle.acked(alerts.map(eventIdOfAlert), true);
}

async function stored({ servers }: Bench, ids: readonly string[]): Promise<{ rows: number; passes: number }> {
  const text =
    "select count(*)::int as rows, count(distinct xmin::text)::int as passes from alerts where alert_id = any($1)";
  const [row] = await servers.sql(text, [ids]);
  return { rows: Number(row?.["rows"]), passes: Number(row?.["passes"]) };
}

async function refusals({ servers }: Bench): Promise<number> {
  const [row] = await servers.sql("select count(*)::int as records from quarantine");
  return Number(row?.["records"]);
}
