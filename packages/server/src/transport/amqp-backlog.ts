import { type Topic, topology } from "@auditflow/contracts";
import type { Channel, ChannelModel } from "amqplib";
import type { AmqpConnection } from "./amqp-connection.ts";
import type { AmqpTopology } from "./amqp-topology.ts";
import type { Origin } from "./refusal.ts";

/** Asks the broker what waits in the queues of a topic's groups, on a channel of its own: a failed question closes it. */
export class AmqpBacklog {
  readonly #connection: AmqpConnection;
  readonly #topology: AmqpTopology;
  /** Groups that this process subscribed, besides those that every process knows. */
  readonly #groups = new Map<string, Set<string>>();
  #open: { readonly model: ChannelModel; readonly channel: Promise<Channel> } | undefined;

  constructor(connection: AmqpConnection, names: AmqpTopology) {
    this.#connection = connection;
    this.#topology = names;
  }

  /** Has this group counted too. */
  include({ topic, group }: Origin): void {
    const groups = this.#groups.get(topic) ?? new Set();
    this.#groups.set(topic, groups.add(group));
  }

  /** Messages ready for the slowest group; undefined while there is no connection. Rejects when a queue is missing. */
  async count(topic: string): Promise<number | undefined> {
    const channel = await this.#channel();
    if (channel === undefined) return undefined;
    const groups = new Set([...topology[topic as Topic], ...(this.#groups.get(topic) ?? [])]);
    const waiting = await Promise.all([...groups].map((group) => this.#waiting(channel, { topic, group })));
    return Math.max(0, ...waiting);
  }

  async #waiting(channel: Channel, origin: Origin): Promise<number> {
    const [queue, alone] = await Promise.all([
      channel.checkQueue(this.#topology.queue(origin)),
      channel.checkQueue(this.#topology.aloneQueue(origin)),
    ]);
    return queue.messageCount + alone.messageCount;
  }

  async #channel(): Promise<Channel | undefined> {
    const { model } = this.#connection;
    if (model === undefined) return undefined;
    if (this.#open?.model !== model) this.#open = { model, channel: this.#openOn(model) };
    return await this.#open.channel;
  }

  async #openOn(model: ChannelModel): Promise<Channel> {
    const forget = () => {
      if (this.#open?.model === model) this.#open = undefined;
    };
    try {
      const channel = await model.createChannel();
      channel.on("error", () => undefined);
      channel.on("close", forget);
      return channel;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
