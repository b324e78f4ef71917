import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import { streamEvent } from "./stream.ts";

/** Publishes the stream at a steady rate and prints, at the end, how many events the broker confirmed. */
async function main(): Promise<void> {
  const [url = "", rate = "1000", seconds = "1"] = process.argv.slice(2);
  const transport = rabbitmqTransport({ url, clock: { now: () => Date.now() } });
  const total = Math.round(Number(rate) * Number(seconds));
  await transport.publish("events", [streamEvent(0, Date.now())]);
  let made = 1;
  let confirmed = 1;
  let failed = 0;
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
      const publishing = transport.publish("events", events).then(
        () => {
          confirmed += size;
        },
        () => {
          failed += size;
        },
      );
      waiting.add(publishing);
      void publishing.finally(() => waiting.delete(publishing));
    }
    await new Promise((resolve) => setTimeout(resolve, tickMilliseconds));
  }
  await Promise.all(waiting);
  const result = { made, confirmed, failed, milliseconds: performance.now() - started };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await transport.stop();
}

const batchEvents = 500;
const tickMilliseconds = 4;

await main();
