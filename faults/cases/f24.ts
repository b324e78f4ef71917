import type { Channel, ConsumeMessage } from "amqplib";
import type { Bench, FaultCase } from "../case.ts";
import { queues } from "../system/run-servers.ts";

const seconds = 15;
/** Copies of a message beside itself, at most; and for how long a copy is held back, so that they come out of order. */
const mostCopies = 4;
const longestHoldMs = 3000;
const stepMs = 20;

/** Every message of both hops comes once to five times, long after its neighbours; the harness is the faulty broker. */
export const f24: FaultCase = {
  title: "each message is delivered one to five times, out of order",
  async run(bench) {
    const before = await duplicatesSeen(bench);
    const { messages, copies } = await bench.servers.amqp((channel) => copyMessages(bench, channel));
    const after = await bench.until(async () => {
      const seen = await duplicatesSeen(bench);
      return seen.alerts > before.alerts && seen.events > before.events ? seen : undefined;
    }, "both services met duplicates");
    bench.measured("messages", messages);
    bench.measured("copies", copies);
    bench.measured("duplicate_events", after.events - before.events);
    bench.measured("duplicate_alerts", after.alerts - before.alerts);
    if (copies < messages) bench.problem(`Only ${copies} copies of ${messages} messages were made`);
    return `${copies} copies of ${messages} messages put on the broker, held back up to ${longestHoldMs} ms`;
  },
  afterwards: expectTrueIncidents,
};

interface Copy {
  readonly queue: string;
  readonly message: ConsumeMessage;
  readonly at: number;
}

/** Listens to both topics beside the services, and puts copies of what it hears into their queues. */
async function copyMessages(bench: Bench, channel: Channel): Promise<{ messages: number; copies: number }> {
  const held: Copy[] = [];
  const counts = { messages: 0, copies: 0 };
  for (const topic of ["events", "alerts"] as const) {
    const { queue: tap } = await channel.assertQueue("", { exclusive: true });
    await channel.bindQueue(tap, "auditflow", topic);
    await channel.consume(
      tap,
      (message) => {
        if (message === null) return;
        counts.messages += 1;
        const copies = Math.floor(bench.random() * (mostCopies + 1));
        for (let n = 0; n < copies; n += 1)
          held.push({
            queue: queues[topic],
            message,
            at: performance.now() + bench.random() * longestHoldMs,
          });
      },
      { noAck: true },
    );
  }
  const release = (until: number): void => {
    const due = held.filter(({ at }) => at <= until);
    for (const copy of due) {
      held.splice(held.indexOf(copy), 1);
      const { content, properties } = copy.message;
      const { headers, messageId, contentType, contentEncoding } = properties;
      const kept = { persistent: true, headers, messageId, contentType, contentEncoding };
      channel.sendToQueue(copy.queue, content, kept);
      counts.copies += 1;
    }
  };
  const over = performance.now() + seconds * 1000;
  while (performance.now() < over) {
    await bench.lasts(stepMs);
    release(performance.now());
  }
  release(Number.POSITIVE_INFINITY);
  return counts;
}

async function duplicatesSeen({ system }: Bench): Promise<{ events: number; alerts: number }> {
  return {
    events: await system.metric("audit-log-analysis", "auditflow_events_duplicate_total"),
    alerts: await system.metric("notification-service", "auditflow_alerts_duplicate_total"),
  };
}

/** Each incident counts the alerts it has, and its opening was told under one delivery id. */
async function expectTrueIncidents({ servers, oracle, problem, measured }: Bench): Promise<void> {
  const wrong = await servers.sql(`
    select i.incident_id, i.alert_count, count(a.alert_id) as alerts
    from incidents i left join alerts a on a.incident_id = i.incident_id and a.merged_into is null
    group by 1, 2 having i.alert_count <> count(a.alert_id)`);
  for (const row of wrong.slice(0, 5)) problem(`An incident counts wrong: ${JSON.stringify(row)}`);
  const { deliveries } = await oracle.report();
  const opened = deliveries.filter(({ type }) => type === "incident.opened");
  const perIncident = Map.groupBy(opened, ({ incident_id }) => incident_id);
  const twice = [...perIncident.values()].filter(
    (all) => new Set(all.map(({ webhook_id }) => webhook_id)).size > 1,
  );
  measured("notices", opened.length);
  if (twice.length > 0) problem(`${twice.length} incidents were told of under more than one delivery id`);
}
