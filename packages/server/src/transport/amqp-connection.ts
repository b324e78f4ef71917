import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { DependencyHealth } from "@auditflow/contracts";
import { type Channel, type ChannelModel, connect, type RecoveringChannelModel } from "amqplib";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { startProbe } from "../telemetry/probe.ts";
import { Backoff } from "./backoff.ts";
import { callDeadlineMs, pause, withDeadline } from "./deadline.ts";

/** How to reach the broker and whom to tell. */
export interface AmqpConnectionOptions {
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  readonly clock: Clock;
  /** Runs on every new connection before it counts as up; when it fails the connection is dropped and tried again. */
  readonly setup?: (model: ChannelModel) => Promise<void>;
  /** The state changed, or the error or the next try did. */
  readonly onState?: () => void;
}

const connectDeadlineMs = 5_000;
const heartbeatSeconds = 5;
const closeDeadlineMs = 1_500;

/** After a connection that lasted shorter the pauses go on growing, so that a broker that flaps is left in peace. */
const steadyAfterMs = 5_000;

/** One connection that comes back by itself, for ever, until it is closed. Made at once; connects in the background. */
export class AmqpConnection {
  readonly #options: AmqpConnectionOptions;
  readonly #recovering: Promise<RecoveringChannelModel>;
  /** Every connection that may still hold a socket, also those the recovery has not taken or has already given up. */
  readonly #models = new Set<ChannelModel>();
  #up: ChannelModel | undefined;
  #nextUp = Promise.withResolvers<void>();
  readonly #pauses = new Backoff({ initialMs: 200, maxMs: 5_000 });
  #upSince = 0;
  #endProbe: () => void = () => undefined;
  #health: DependencyHealth;

  constructor(options: AmqpConnectionOptions) {
    this.#options = options;
    const since = this.#now();
    const last_error = "not connected yet";
    this.#health = { name: "rabbitmq", status: "fail", since, last_error, next_try_at: since };
    this.#recovering = this.#start();
  }

  health(): DependencyHealth {
    return this.#health;
  }

  /** The connection while it is up. */
  get model(): ChannelModel | undefined {
    return this.#up;
  }

  /** Answers the connection as soon as it is up, or undefined when the signal is aborted first. */
  async whenUp(signal: AbortSignal): Promise<ChannelModel | undefined> {
    while (!signal.aborted) {
      if (this.#up !== undefined) return this.#up;
      const waiting = new AbortController();
      const stop = () => waiting.abort();
      signal.addEventListener("abort", stop, { once: true });
      await Promise.race([this.#nextUp.promise, pause(60_000, waiting.signal)]);
      signal.removeEventListener("abort", stop);
      waiting.abort();
    }
    return undefined;
  }

  /** Drops the socket of a connection that does not answer; the recovery then makes a new one. */
  sever(model: ChannelModel, reason: string): void {
    streamOf(model).destroy(new Error(reason));
  }

  /** Closes, within 1.5 s also when the broker does not answer. Idempotent. */
  async close(): Promise<void> {
    this.#endProbe();
    const recovering = await this.#recovering;
    await withDeadline(recovering.close(), closeDeadlineMs, "Closing the connection").catch(() => undefined);
    this.#up = undefined;
    for (const model of this.#models) this.sever(model, "Closed");
  }

  async #start(): Promise<RecoveringChannelModel> {
    const url = new URL(this.#options.url);
    url.searchParams.set("heartbeat", String(heartbeatSeconds));
    const recovering = await connect(url.href, {
      timeout: connectDeadlineMs,
      noDelay: true,
      clientProperties: { connection_name: this.#options.name },
      recovery: {
        waitForConnect: false,
        calculateDelay: () => this.#pauses.next(),
        setup: (model: ChannelModel) => this.#setUp(model),
      },
    });
    recovering.on("connect", (model) => this.#connected(model));
    recovering.on("disconnect", (error) => this.#lost(error));
    recovering.on("connect-failed", (error) => this.#lost(error));
    recovering.on("reconnect-scheduled", ({ delay }) =>
      this.#report({ ...this.#health, next_try_at: formatTimestamp(this.#options.clock.now() + delay) }),
    );
    recovering.on("blocked", (reason) => this.#turn("warn", `The broker takes no messages: ${reason}`));
    recovering.on("unblocked", () => this.#turn("pass"));
    recovering.on("error", () => undefined);
    return recovering;
  }

  async #setUp(model: ChannelModel): Promise<void> {
    this.#models.add(model);
    model.on("error", () => undefined);
    const closed = Promise.withResolvers<never>();
    closed.promise.catch(() => undefined);
    model.on("close", (error) => {
      this.#models.delete(model);
      // amqplib ends the stream only, and in a black hole an ended socket stays for minutes.
      streamOf(model).destroy();
      closed.reject(error ?? new Error("Connection closed"));
    });
    try {
      await withDeadline(
        Promise.race([this.#options.setup?.(model), closed.promise]),
        callDeadlineMs,
        "Setting up",
      );
    } catch (error) {
      // The recovery would wait for ever for an orderly close of a connection that hangs: it must find it closed.
      this.sever(model, "Setting up failed");
      await closed.promise.catch(() => undefined);
      throw error;
    }
  }

  #connected(model: ChannelModel): void {
    this.#up = model;
    this.#upSince = performance.now();
    this.#turn("pass");
    this.#probe(model);
    this.#nextUp.resolve();
    this.#nextUp = Promise.withResolvers();
  }

  /** A round trip on a channel of its own, for the other channels have their own work and their own trouble. */
  #probe(model: ChannelModel): void {
    let channel: Promise<Channel> | undefined;
    const ask = async (): Promise<void> => {
      // A broker that takes no messages does not read what we send, and says itself when that is over.
      if (this.#health.status === "warn") return;
      channel ??= openedOn(model);
      await (await channel).prefetch(1);
    };
    this.#endProbe();
    this.#endProbe = startProbe({
      ask,
      heard: () => bytesFrom(model),
      onAnswer: (latency_ms) => {
        if (this.#health.status === "pass") this.#health = { ...this.#health, latency_ms };
      },
      onFailure: (error) => {
        if (this.#health.status === "warn") return;
        channel = undefined;
        this.sever(model, error instanceof Error ? error.message : String(error));
      },
    });
  }

  #lost(error: Error): void {
    this.#endProbe();
    if (this.#up !== undefined && performance.now() - this.#upSince >= steadyAfterMs) this.#pauses.reset();
    this.#up = undefined;
    this.#turn("fail", describe(error));
  }

  #turn(status: DependencyHealth["status"], error?: string): void {
    const since = status === this.#health.status ? this.#health.since : this.#now();
    const next_try_at = this.#now();
    this.#report({
      ...{ name: "rabbitmq", status, since },
      ...(error === undefined ? {} : { last_error: error }),
      ...(status === "fail" ? { next_try_at } : {}),
    });
  }

  #report(health: DependencyHealth): void {
    this.#health = health;
    this.#options.onState?.();
  }

  #now(): string {
    return formatTimestamp(this.#options.clock.now());
  }
}

/** The socket is amqplib's own affair, and destroying it is the one way to end a connection that does not answer. */
function streamOf(model: ChannelModel): Duplex {
  return (model.connection as unknown as { stream: Duplex }).stream;
}

/** Everything that the broker sends shows that it lives. */
function bytesFrom(model: ChannelModel): number {
  return (streamOf(model) as Partial<Socket>).bytesRead ?? 0;
}

async function openedOn(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel();
  channel.on("error", () => undefined);
  return channel;
}

/** An AggregateError (every address of a name refused) has an empty message. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(String).join("; ");
  return error.message;
}
