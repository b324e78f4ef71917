import { exchangeName, legacyEventsQueue, topology } from "@auditflow/contracts";
import type { Channel } from "amqplib";
import type { Origin } from "./refusal.ts";

/** The names of everything we own on the broker; a prefix keeps installations (and tests) apart. */
export class AmqpTopology {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get exchange(): string {
    return `${this.#prefix}${exchangeName}`;
  }

  /** The queue of a group: `auditflow.<topic>.<group>`, or the queue of the first AuditFlow. */
  queue({ topic, group }: Origin): string {
    if (topic === legacyEventsQueue) return `${this.#prefix}${legacyEventsQueue}`;
    return `${this.#prefix}${exchangeName}.${topic}.${group}`;
  }

  /**
   * Where records wait that failed before, or were in hand when a process died. Its reader holds one message at a
   * time, so that the broker's delivery count blames nobody else.
   */
  aloneQueue({ topic, group }: Origin): string {
    return `${this.#prefix}${exchangeName}.${topic}.${group}.alone`;
  }

  /** Where a record stays that was refused even as a quarantined record; nobody reads it but people. */
  get parkedQueue(): string {
    return `${this.#prefix}${exchangeName}.parked`;
  }

  /** Declares the exchange and every group's queues, so that no record waits for a reader's first start. */
  async declare(channel: Channel): Promise<void> {
    await channel.assertExchange(this.exchange, "direct", { durable: true });
    await channel.assertQueue(this.parkedQueue, quorum);
    for (const [topic, groups] of Object.entries(topology)) {
      for (const group of groups) await this.declareGroup(channel, { topic, group });
    }
  }

  /** Declares the queues of one group and binds them. */
  async declareGroup(channel: Channel, origin: Origin): Promise<void> {
    await channel.assertQueue(this.aloneQueue(origin), quorum);
    if (origin.topic === legacyEventsQueue) {
      // Exactly as the first AuditFlow declares it: one argument more or less and both sides are refused.
      await channel.assertQueue(this.queue(origin), { durable: true });
      return;
    }
    await channel.assertExchange(this.exchange, "direct", { durable: true });
    await channel.assertQueue(this.queue(origin), quorum);
    await channel.bindQueue(this.queue(origin), this.exchange, origin.topic);
  }
}

/**
 * How every queue of a group is declared. The delivery limit is a backstop far away: near, it would drop innocent
 * messages that were in hand with a poison.
 */
export const quorum = { durable: true, arguments: { "x-queue-type": "quorum", "x-delivery-limit": 1000 } };
