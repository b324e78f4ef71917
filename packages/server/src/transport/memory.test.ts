import { expect, test } from "vitest";
import { transportContract } from "./contract.ts";
import { memoryTransport } from "./memory.ts";
import type { Transport } from "./transport.ts";

const clock = { now: () => Date.now() };

transportContract("memory", async () => {
  const opened: Transport[] = [];
  return {
    open: () => {
      const transport = memoryTransport({ clock });
      opened.push(transport);
      return transport;
    },
    place: undefined,
    cleanup: async () => {
      await Promise.all(opened.map((transport) => transport.stop()));
    },
  };
});

test("what waits is bounded: publishing is refused until somebody reads", async () => {
  const transport = memoryTransport({ clock, maxBytes: 10_000 });
  const publish = () => transport.publish("alerts", [{ text: crypto.randomUUID().repeat(100) }]);
  const fill = async () => {
    for (let calls = 0; calls < 10_000; calls += 1) await publish();
  };
  await expect(fill()).rejects.toMatchObject({ code: "overloaded", retryable: true });
  let read = 0;
  const room = Promise.withResolvers<void>();
  transport.subscribe({
    topic: "alerts",
    group: "notification-service",
    handler: async ({ records }) => {
      read += records.length;
      room.resolve();
      return records.map(() => "ack");
    },
  });
  await room.promise;
  await transport.stop();
  expect(read).toBeGreaterThan(0);
});
