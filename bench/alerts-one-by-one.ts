import amqplib from "amqplib";
import { Client } from "pg";
import { streamAlert } from "./alert-stream.ts";

const queue = "bench_one_by_one";

const statement = `insert into bench_alerts
  (alert_id, correlation_id, at, alert_name, severity, rule_id, actor_id, server_hostname, metadata, raw_event_data)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/**
 * Alerts per second of the simplest consumer: it takes a message, inserts one row in a transaction of its own,
 * acknowledges, and takes the next; the table has the seven indexes that such a table has.
 */
export async function oneByOne(amqp: string, postgres: string, count: number): Promise<number> {
  const database = new Client({ connectionString: postgres });
  await database.connect();
  await database.query(`drop table if exists bench_alerts; create table bench_alerts (
    alert_id uuid primary key, correlation_id uuid, at timestamptz, alert_name text, severity text, rule_id text,
    actor_id text, server_hostname text, metadata jsonb, raw_event_data jsonb)`);
  for (const column of ["at desc", "alert_name", "severity", "rule_id", "actor_id", "server_hostname"]) {
    await database.query(`create index on bench_alerts (${column})`);
  }
  await database.query("create index on bench_alerts using gin (raw_event_data)");
  const connection = await amqplib.connect(amqp);
  try {
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
    await channel.purgeQueue(queue);
    const start = Date.now();
    for (let n = 0; n < count; n += 1) {
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(streamAlert(n, start))), { persistent: true });
    }
    await channel.waitForConfirms();
    const begun = performance.now();
    await consume(channel, database, count);
    const rate = (count / (performance.now() - begun)) * 1000;
    await channel.deleteQueue(queue);
    return rate;
  } finally {
    await connection.close();
    await database.query("drop table bench_alerts");
    await database.end();
  }
}

async function consume(channel: amqplib.Channel, database: Client, count: number): Promise<void> {
  let stored = 0;
  let last: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    void channel.consume(queue, (message) => {
      if (message === null) return reject(new Error("the queue is gone"));
      last = last.then(async () => {
        const alert = JSON.parse(message.content.toString("utf8"));
        await database.query(statement, rowOf(alert));
        channel.ack(message);
        stored += 1;
        if (stored === count) resolve();
      });
      last.catch(reject);
      return undefined;
    });
  });
}

function rowOf(alert: ReturnType<typeof streamAlert>): unknown[] {
  const { alert_id, correlation_id, timestamp, alert_name, severity, analysis_rule } = alert;
  return [
    ...[alert_id, correlation_id, timestamp, alert_name, severity, analysis_rule.rule_id],
    ...[alert.triggered_by.actor_id, alert.impacted_resource.server_hostname],
    ...[JSON.stringify(alert.metadata), JSON.stringify(alert.raw_event_data)],
  ];
}
