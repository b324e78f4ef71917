import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import type { Transport } from "../packages/server/src/transport/transport.ts";
import { streamEvent } from "./stream.ts";

/** Publishes the stream at a steady rate and prints, at the end, how many events the broker confirmed. */
async function main(): Promise<void> {
  const [url = "", rate = "1000", seconds = "1"] = process.argv.slice(2);
  const transport = rabbitmqTransport({ url, clock: { now: () => Date.now() } });
  const total = Math.round(Number(rate) * Number(seconds));
  await transport.publish("events", [streamEvent(0, Date.now())]);
  let made = 1;
  let confirmed = 1;
  let repeated = 0;
  const waiting = new Set<Promise<void>>();
  const started = performance.now();
  process.stdout.write(`${JSON.stringify({ started_at: Date.now() })}\n`);
  while (made < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * Number(rate)));
    while (made < due) {
      const size = Math.min(batchEvents, due - made);
      const now = Date.now();
      const events = Array.from({ length: size }, (_, index) => streamEvent(made + index, now));
      made += size;
      const publishing = publishUntilOwned(transport, events).then((tries) => {
        confirmed += size;
        repeated += tries - 1;
      });
      waiting.add(publishing);
      void publishing.finally(() => waiting.delete(publishing));
    }
    await new Promise((resolve) => setTimeout(resolve, tickMilliseconds));
  }
  await Promise.all(waiting);
  const result = { made, confirmed, repeated, milliseconds: performance.now() - started };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await transport.stop();
}

/** As a producer must: what was not confirmed is published again, with the same ids. Resolves to the tries it took. */
async function publishUntilOwned(transport: Transport, events: readonly object[]): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      await transport.publish("events", events);
      return tries;
    } catch (error) {
      if (tries === mostTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * tries));
    }
  }
}

const mostTries = 20;
const batchEvents = 500;
const tickMilliseconds = 4;

await main();
