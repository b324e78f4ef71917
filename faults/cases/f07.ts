import type { Bench, FaultCase } from "../case.ts";
import { untilConsumed } from "../facts/consumers.ts";
import { queues } from "../system/run-servers.ts";

/**
 * Queues are deleted under their readers. What is in a queue goes with it, whoever deletes it: so each is empty at that
 * moment, and events come the moment after, when there is neither queue nor consumer.
 */
export const f07: FaultCase = {
  title: "queues are deleted while they are consumed",
  async run(bench) {
    const { events, alerts, quarantine } = queues;
    const rounds = [[events], [alerts], [quarantine], [events, alerts, quarantine], [events], [alerts]];
    const slowest: number[] = [];
    for (const queues of rounds) slowest.push(await deleteUnderReaders(bench, queues));
    bench.measured("consumed_again_ms", slowest);
    bench.measured("refused", bench.load.facts().refused);
    return `deleted ${rounds.flat().length} queues, each with a consumer; the broker counts consumers on all again`;
  },
};

/** Resolves to the milliseconds until the broker counted a consumer on each queue again. */
async function deleteUnderReaders(bench: Bench, queues: readonly string[]): Promise<number> {
  const { servers, load } = bench;
  load.pause();
  await untilEmpty(bench);
  for (const queue of queues) {
    const { consumers } = await servers.queue(queue);
    if (consumers === 0) bench.problem(`${queue} has no consumer that its deletion could cancel`);
  }
  bench.say(`deleting ${queues.join(", ")}`);
  await servers.amqp(async (channel) => {
    for (const queue of queues) await channel.deleteQueue(queue);
  });
  const began = performance.now();
  load.resume();
  await untilConsumed(bench, 30_000);
  const ms = Math.round(performance.now() - began);
  const sent = load.facts().acked;
  await bench.until(() => load.facts().acked >= sent + 400, "events are accepted again");
  return ms;
}

/** Nothing waits, and nothing is in the hands of a service: every alert of what was acknowledged is stored. */
async function untilEmpty(bench: Bench): Promise<void> {
  const { servers, system, until } = bench;
  const { events, alerts, quarantine } = queues;
  let last = "";
  let same = 0;
  const isStill = async (): Promise<boolean> => {
    const waiting = await Promise.all([events, alerts, quarantine].map((name) => servers.queue(name)));
    const stored = await servers.sql("select count(*) as n, sum(revision) as revisions from alerts");
    const evaluated = await system.metric("audit-log-analysis", "auditflow_events_evaluated_total");
    const now = JSON.stringify([waiting.map(({ messages }) => messages), stored, evaluated]);
    same = now === last && waiting.every(({ messages }) => messages === 0) ? same + 1 : 0;
    last = now;
    return same >= 100;
  };
  await until(isStill, "all that was acknowledged is stored", 60_000);
}
