import { AuditFlowError, isBroadcast, type Topic } from "@auditflow/contracts";
import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from "amqplib";
import type { Clock } from "../telemetry/clock.ts";
import { type Traces, traceHeaders } from "../telemetry/trace-context.ts";
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
  /** For whoever listens now: without a listener it is no failure, and later it is worth nothing. */
  readonly fleeting?: boolean;
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

const noHeaders = {};
const lingerMs = 5;
const fleetingDeadlineMs = 2_000;
/** How long what was written before the broker stopped reading may still be confirmed. */
const blockedGraceMs = 500;
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
  /** Why the broker takes no messages, while it takes none: the alarm of its disk or its memory. */
  #blocked: string | undefined;
  #blockedGrace: NodeJS.Timeout | undefined;
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
  async publish(topic: Topic, records: readonly object[], traces?: Traces): Promise<void> {
    this.#refuseOverload(records.length);
    await this.#coalescer.add(topic, records, traces);
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
    const fleeting = isBroadcast(chunk.target);
    if (fleeting && this.#channel === undefined) {
      chunk.settle(unavailable("The broker is not connected"));
      return;
    }
    this.#enqueue({
      exchange: this.#topology.exchange,
      routingKey: chunk.target,
      body: packArray(chunk.texts),
      headers: chunk.trace === undefined ? noHeaders : { ...traceHeaders(chunk.trace) },
      records: chunk.records,
      fleeting,
      settle: chunk.settle,
    });
  }

  #enqueue(
    message: Pick<
      Outgoing,
      "exchange" | "routingKey" | "body" | "headers" | "records" | "fleeting" | "settle"
    >,
  ): void {
    const id = String(++this.#lastId);
    const outgoing: Outgoing = { ...message, id, settled: false, returned: false, timer: undefined };
    const ms = message.fleeting ? fleetingDeadlineMs : callDeadlineMs;
    outgoing.timer = setTimeout(
      () => this.#settle(outgoing, unavailable(`The broker confirmed nothing within ${ms} ms`)),
      ms,
    );
    this.#pending.add(outgoing);
    this.#pendingRecords += outgoing.records;
    this.#pendingBytes += outgoing.body.bytes.length;
    // Nobody knows how long it lasts: to wait would keep a caller for its whole deadline to tell it the same.
    if (this.#blocked !== undefined) {
      this.#settle(outgoing, unavailable(this.#blocked));
      return;
    }
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
    this.#unblock();
    model.on("blocked", (reason) => this.#block(`The broker takes no messages: ${reason}`));
    model.on("unblocked", () => this.#unblock());
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

  #block(reason: string): void {
    this.#blocked = reason;
    clearTimeout(this.#blockedGrace);
    this.#blockedGrace = setTimeout(() => {
      for (const message of [...this.#pending]) this.#settle(message, unavailable(reason));
    }, blockedGraceMs);
  }

  #unblock(): void {
    this.#blocked = undefined;
    clearTimeout(this.#blockedGrace);
    this.#write();
  }

  #channelLost(model: ChannelModel, channel: ConfirmChannel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    for (const message of [...this.#unconfirmed.values(), ...this.#waiting])
      if (message.fleeting) this.#settle(message, unavailable("The connection to the broker was lost"));
    // In the order in which they were written, and before what was never written.
    this.#waiting = [...this.#unconfirmed.values(), ...this.#waiting];
    this.#unconfirmed = new Map();
    // A new connection is the one way that is tried anyhow: no second kind of recovery for a channel alone.
    this.connection.sever(model, "The channel was closed");
  }

  #write(): void {
    while (this.#channel !== undefined && this.#writable && this.#blocked === undefined) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      if (!message.settled) this.#writeOne(this.#channel, message);
    }
  }

  #writeOne(channel: ConfirmChannel, message: Outgoing): void {
    const properties = {
      persistent: !message.fleeting,
      mandatory: !message.fleeting,
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
