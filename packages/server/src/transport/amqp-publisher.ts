import { AuditFlowError, type Topic } from "@auditflow/contracts";
import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from "amqplib";
import type { Clock } from "../telemetry/clock.ts";
import { AmqpConnection } from "./amqp-connection.ts";
import type { AmqpTopology } from "./amqp-topology.ts";
import { type Body, packArray } from "./body.ts";
import { type Chunk, Coalescer } from "./coalescer.ts";
import { callDeadlineMs } from "./deadline.ts";

/** A message to one queue, past the exchange. */
export interface DirectMessage {
  readonly queue: string;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | number>>;
}

interface Outgoing {
  readonly id: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly records: number;
  readonly settle: (error?: Error) => void;
  timer: NodeJS.Timeout | undefined;
  settled: boolean;
  returned: boolean;
}

/** What a publisher is made with. */
export interface AmqpPublisherOptions {
  readonly url: string;
  readonly topology: AmqpTopology;
  readonly clock: Clock;
  readonly onState: () => void;
}

const lingerMs = 5;
const maxPendingRecords = 50_000;
const maxPendingBytes = 64 * 1024 * 1024;

/**
 * Publishes with confirms on a connection of its own, so that a broker that blocks publishers does not stop readers.
 * What is not confirmed when a connection is lost is sent again on the next, until its deadline.
 */
export class AmqpPublisher {
  readonly connection: AmqpConnection;
  readonly #topology: AmqpTopology;
  readonly #coalescer: Coalescer<Topic>;
  readonly #pending = new Set<Outgoing>();
  /** Not written yet, or to be written again. */
  #waiting: Outgoing[] = [];
  #unconfirmed = new Map<string, Outgoing>();
  #channel: ConfirmChannel | undefined;
  #writable = false;
  #blocked = false;
  #declaring = false;
  #lastId = 0;
  #pendingRecords = 0;
  #pendingBytes = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: AmqpPublisherOptions) {
    this.#topology = options.topology;
    this.#coalescer = new Coalescer({
      emit: (chunk) => this.#emit(chunk),
      linger: (flush) => setTimeout(flush, lingerMs),
    });
    this.connection = new AmqpConnection({
      url: options.url,
      name: "auditflow publisher",
      clock: options.clock,
      setup: (model) => this.#setUp(model),
      onState: options.onState,
    });
  }

  /** As `Transport.publish`. */
  async publish(topic: Topic, records: readonly object[]): Promise<void> {
    this.#refuseOverload(records.length);
    await this.#coalescer.add(topic, records);
  }

  /** Resolves when the broker owns the message; rejects as `publish` does. */
  send(message: DirectMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (error?: Error) => (error === undefined ? resolve() : reject(error));
    this.#enqueue({ exchange: "", routingKey: message.queue, ...message, records: 1, settle });
    return promise;
  }

  /** Writes what waits and resolves when all is confirmed or given up. */
  async flush(): Promise<void> {
    this.#coalescer.flush();
    if (this.#pending.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Rejects what is not confirmed yet and closes the connection. */
  async close(): Promise<void> {
    await this.connection.close();
    for (const message of [...this.#pending]) this.#settle(message, unavailable("The transport was stopped"));
  }

  #refuseOverload(records: number): void {
    if (this.#pending.size === 0) return;
    if (this.#pendingRecords + records <= maxPendingRecords && this.#pendingBytes <= maxPendingBytes) return;
    const pending = `${this.#pendingRecords} records, ${this.#pendingBytes} bytes`;
    throw new AuditFlowError("overloaded", `Too much waits for the broker's confirmation: ${pending}`);
  }

  #emit(chunk: Chunk<Topic>): void {
    this.#enqueue({
      exchange: this.#topology.exchange,
      routingKey: chunk.target,
      body: packArray(chunk.texts),
      headers: {},
      records: chunk.records,
      settle: chunk.settle,
    });
  }

  #enqueue(
    message: Pick<Outgoing, "exchange" | "routingKey" | "body" | "headers" | "records" | "settle">,
  ): void {
    const id = String(++this.#lastId);
    const outgoing: Outgoing = { ...message, id, settled: false, returned: false, timer: undefined };
    outgoing.timer = setTimeout(
      () => this.#settle(outgoing, unavailable(`The broker confirmed nothing within ${callDeadlineMs} ms`)),
      callDeadlineMs,
    );
    this.#pending.add(outgoing);
    this.#pendingRecords += outgoing.records;
    this.#pendingBytes += outgoing.body.bytes.length;
    this.#waiting.push(outgoing);
    this.#write();
  }

  #settle(message: Outgoing, error?: Error): void {
    if (message.settled) return;
    message.settled = true;
    clearTimeout(message.timer);
    this.#pending.delete(message);
    this.#pendingRecords -= message.records;
    this.#pendingBytes -= message.body.bytes.length;
    this.#unconfirmed.delete(message.id);
    while (this.#waiting[0]?.settled) this.#waiting.shift();
    message.settle(error);
    if (this.#pending.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  async #setUp(model: ChannelModel): Promise<void> {
    this.#blocked = false;
    model.on("blocked", () => {
      this.#blocked = true;
    });
    model.on("unblocked", () => {
      this.#blocked = false;
      this.#write();
    });
    const channel = await model.createConfirmChannel();
    channel.on("error", () => undefined);
    await this.#topology.declare(channel);
    channel.on("close", () => this.#channelLost(model, channel));
    channel.on("drain", () => {
      this.#writable = true;
      this.#write();
    });
    channel.on("return", ({ properties }) => {
      const message = this.#unconfirmed.get(String(properties.messageId));
      if (message !== undefined) message.returned = true;
    });
    this.#channel = channel;
    this.#writable = true;
    this.#write();
  }

  #channelLost(model: ChannelModel, channel: ConfirmChannel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    // In the order in which they were written, and before what was never written.
    this.#waiting = [...this.#unconfirmed.values(), ...this.#waiting];
    this.#unconfirmed = new Map();
    // A new connection is the one way that is tried anyhow: no second kind of recovery for a channel alone.
    this.connection.sever(model, "The channel was closed");
  }

  #write(): void {
    while (this.#channel !== undefined && this.#writable && !this.#blocked) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      if (!message.settled) this.#writeOne(this.#channel, message);
    }
  }

  #writeOne(channel: ConfirmChannel, message: Outgoing): void {
    const properties = {
      persistent: true,
      mandatory: true,
      messageId: message.id,
      contentType: "application/json",
      headers: message.headers,
      ...(message.body.zstd ? { contentEncoding: "zstd" } : {}),
    };
    this.#unconfirmed.set(message.id, message);
    const { exchange, routingKey, body } = message;
    try {
      this.#writable = channel.publish(exchange, routingKey, body.bytes, properties, (error: unknown) =>
        this.#confirmed(channel, message, error),
      );
    } catch (cause) {
      // A closing channel: its close event puts the message back in line.
      if (cause instanceof IllegalOperationError) this.#writable = false;
      else this.#settle(message, cause as Error);
    }
  }

  #confirmed(channel: ConfirmChannel, message: Outgoing, error: unknown): void {
    if (message.returned) {
      this.#settle(message, unavailable(`No queue takes ${message.routingKey}; it is declared again`));
      this.#declareAgain(channel);
    } else if (error === null) this.#settle(message);
    else {
      // amqplib fails the callbacks before it tells of the close; only while the channel lives is it a refusal.
      queueMicrotask(() => {
        if (this.#channel === channel) this.#settle(message, unavailable("The broker refused the message"));
      });
    }
  }

  #declareAgain(channel: ConfirmChannel): void {
    if (this.#declaring) return;
    this.#declaring = true;
    const declared = () => {
      this.#declaring = false;
    };
    // When it fails the channel is closed, which has the connection made again and everything declared.
    this.#topology.declare(channel).then(declared, declared);
  }
}

function unavailable(message: string): AuditFlowError {
  return new AuditFlowError("transport_unavailable", message);
}
