import { randomUUID } from "node:crypto";
import { AuditFlowError } from "@auditflow/contracts";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import type { AmqpConnection } from "./amqp-connection.ts";
import { bodyOf } from "./amqp-parcel.ts";
import type { AmqpTopology } from "./amqp-topology.ts";
import { Backoff } from "./backoff.ts";
import { decodeJson, unpackBody } from "./body.ts";
import { callDeadlineMs, pause, withDeadline } from "./deadline.ts";
import type { Origin } from "./refusal.ts";
import type { Handler, SubscribeOptions, Subscription } from "./transport.ts";

/** What a member of a broadcast stands on. */
export interface AmqpBroadcastContext {
  readonly connection: AmqpConnection;
  readonly topology: AmqpTopology;
  readonly onTrouble: (origin: Origin, error: unknown) => void;
}

// Whoever cannot keep up loses the oldest: what is old is worth nothing here.
const ownQueue = { exclusive: true, durable: false, autoDelete: true, maxLength: 1_000 };

/**
 * A member of a broadcast: an exclusive queue of its own on each connection, which the broker removes with it. Every
 * connection gets a queue of another name, because the broker may not have noticed yet that the one before is dead.
 */
export class AmqpBroadcast implements Subscription {
  readonly #context: AmqpBroadcastContext;
  readonly #origin: Origin;
  readonly #handler: Handler;
  readonly #reopening = new Backoff({ initialMs: 100, maxMs: 10_000 });
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #handling: Promise<void> = Promise.resolve();

  constructor(context: AmqpBroadcastContext, { topic, group, handler }: SubscribeOptions) {
    this.#context = context;
    this.#origin = { topic, group };
    this.#handler = handler;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#handling;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      const model = await this.#context.connection.whenUp(signal);
      if (model === undefined) return;
      await this.#listen(model).catch((error: unknown) => this.#trouble(error));
      if (!signal.aborted) await pause(this.#reopening.next(), signal);
    }
  }

  /** Listens on one channel until it is lost, or this is stopped. */
  async #listen(model: ChannelModel): Promise<void> {
    const over = Promise.withResolvers<void>();
    const end = () => over.resolve();
    this.#stop.signal.addEventListener("abort", end, { once: true });
    const opening = this.#open(model, end);
    try {
      const channel = await withDeadline(opening, callDeadlineMs, `Listening to ${this.#origin.topic}`);
      this.#reopening.reset();
      await over.promise;
      await withDeadline(channel.close(), callDeadlineMs, "Closing the channel").catch(() => undefined);
    } catch (error) {
      // No answer in time: the connection hangs. Anything else is this channel's own affair.
      if (error instanceof AuditFlowError) this.#context.connection.sever(model, error.message);
      throw error;
    } finally {
      this.#stop.signal.removeEventListener("abort", end);
    }
  }

  async #open(model: ChannelModel, end: () => void): Promise<Channel> {
    const { exchange } = this.#context.topology;
    const channel = await model.createChannel();
    channel.on("error", (error) => this.#trouble(error));
    channel.on("close", end);
    await channel.assertExchange(exchange, "direct", { durable: true });
    const name = `${this.#context.topology.queue(this.#origin)}.${randomUUID()}`;
    const { queue } = await channel.assertQueue(name, ownQueue);
    await channel.bindQueue(queue, exchange, this.#origin.topic);
    await channel.consume(
      queue,
      (message) => {
        // null: the broker cancelled the consumer, because the queue was deleted.
        if (message === null) end();
        else this.#take(message);
      },
      { noAck: true },
    );
    return channel;
  }

  #take(message: ConsumeMessage): void {
    this.#handling = this.#handling.then(() => this.#handOver(message));
  }

  async #handOver(message: ConsumeMessage): Promise<void> {
    try {
      await this.#handler({ records: decodeJson(unpackBody(bodyOf(message))), attempt: 1 });
    } catch (error) {
      this.#trouble(error);
    }
  }

  #trouble(error: unknown): void {
    this.#context.onTrouble(this.#origin, error);
  }
}
