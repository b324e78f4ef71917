import type { Bench, FaultCase } from "../case.ts";

const parts = ["audit-event-gateway", "audit-log-analysis", "notification-service"] as const;
const eventsASecond = 2000;
const droppedTotal = "auditflow_log_lines_dropped_total";
/** For how long the pipeline is watched while nobody reads what it says. */
const watchedMs = 5000;
/** Events that must have been evaluated in that time: a process that waits for its reader evaluates none. */
const leastEvaluated = 1000;

const storm = {
  AUDITFLOW_LOG_LEVEL: "debug",
  AUDITFLOW_LOG_FORMAT: "json",
  NODE_OPTIONS: `--import=${new URL("../storm/log-storm.ts", import.meta.url).href}`,
};

/** Everybody talks at debug while the database is away, and whoever reads standard output has stopped. */
export const f42: FaultCase = {
  title: "a log storm at debug while PostgreSQL is down and nobody reads standard output",
  rate: eventsASecond,
  env: Object.fromEntries(parts.map((part) => [part, storm])),
  async run(bench) {
    const { system, measured } = bench;
    for (const part of parts) system.process(part).pauseOutput();
    for (const link of system.allLinks("postgres")) await link.mode("refuse");
    const dropped = await Promise.all(parts.map((part) => untilDropping(bench, part)));
    await watchPipeline(bench);
    for (const link of system.allLinks("postgres")) await link.mode("pass");
    const before = await system.metric("notification-service", "auditflow_alerts_stored_total");
    await bench.until(
      async () => (await system.metric("notification-service", "auditflow_alerts_stored_total")) > before,
      "alerts are stored while nobody reads the log",
      60_000,
    );
    for (const part of parts) {
      system.process(part).resumeOutput();
      measured(`told by ${part}`, await untilTold(bench, part));
    }
    return `lines dropped when first seen: ${parts.map((part, n) => `${part} ${dropped[n]}`).join(", ")}`;
  },
};

async function untilDropping({ system, until }: Bench, part: string): Promise<number> {
  const count = (): Promise<number> => system.metric(part, droppedTotal);
  return await until(
    async () => (await count()) || undefined,
    `${part} drops log lines and counts them`,
    60_000,
  );
}

/** Events must come in and be evaluated, and probes be answered, as if somebody read. */
async function watchPipeline({ system, load, lasts, measured, problem }: Bench): Promise<void> {
  const evaluated = (): Promise<number> =>
    system.metric("audit-log-analysis", "auditflow_events_evaluated_total");
  const before = { evaluated: await evaluated(), acked: load.facts().acked };
  await lasts(watchedMs);
  const done = {
    evaluated: (await evaluated()) - before.evaluated,
    acked: load.facts().acked - before.acked,
  };
  measured("while_nobody_reads", { ms: watchedMs, ...done });
  if (done.evaluated < leastEvaluated)
    problem(`Only ${done.evaluated} events were evaluated in ${watchedMs} ms`);
  if (done.acked < leastEvaluated) problem(`Only ${done.acked} events were taken in ${watchedMs} ms`);
  for (const part of parts)
    if ((await system.livez(part)) !== 200) problem(`/livez of ${part} fails while nobody reads its log`);
}

/** Once it is read again, a process says how many lines are missing; it may say so more than once. */
async function untilTold({ system, until }: Bench, part: string): Promise<number> {
  const told = (): number =>
    system
      .process(part)
      .lines.filter((line) => line["event.name"] === "log.dropped")
      .reduce((sum, line) => sum + Number(line["dropped"]), 0);
  return await until(() => told() || undefined, `${part} tells how many log lines are missing`, 30_000);
}
