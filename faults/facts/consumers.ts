import type { Bench } from "../case.ts";
import { queues } from "../system/run-servers.ts";

/** A queue that was deleted, or a broker that is away. */
const missing = { messages: 0, consumers: 0 };

/** Waits until the broker itself counts a consumer on every queue that a service reads. */
export async function untilConsumed({ servers, until }: Bench, ms = 60_000): Promise<void> {
  const { events, alerts, quarantine } = queues;
  await until(
    async () => {
      const asked = [events, alerts, quarantine].map((name) => servers.queue(name).catch(() => missing));
      const facts = await Promise.all(asked);
      return facts.every(({ consumers }) => consumers > 0);
    },
    "the broker counts a consumer on each queue",
    ms,
  );
}
