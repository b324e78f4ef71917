import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import { streamAlert } from "./alert-stream.ts";

const [url = "", count = "1000", start = "0"] = process.argv.slice(2);
const perPublish = 500;
const inFlight = 8;

/** Publishes so many alerts from a process of its own; ends when the broker has confirmed all of them. */
async function main(): Promise<void> {
  const transport = rabbitmqTransport({ url, clock: { now: () => Date.now() } });
  let next = 0;
  const publish = async (): Promise<void> => {
    while (next < Number(count)) {
      const first = next;
      next += perPublish;
      const size = Math.min(perPublish, Number(count) - first);
      await transport.publish(
        "alerts",
        Array.from({ length: size }, (_, n) => streamAlert(first + n, Number(start))),
      );
    }
  };
  await Promise.all(Array.from({ length: inFlight }, publish));
  await transport.stop();
}

await main();
