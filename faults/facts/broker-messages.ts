import type { Channel } from "amqplib";
import type { RunServers } from "../system/run-servers.ts";

/** Puts messages into a queue, as a service would have: durable, bodies as given. Resolves once the broker took them. */
export async function putMessages(channel: Channel, queue: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies)
    channel.sendToQueue(queue, Buffer.from(body), { persistent: true, contentType: "application/json" });
  // Its answer comes after all that was sent before on this channel.
  await channel.checkQueue(queue);
}

/** Messages in the parked queue, where only people read: what was refused even as a refused record. */
export async function parkedMessages(servers: RunServers): Promise<number> {
  return (await servers.queue("auditflow.parked")).messages;
}
