import {
  AuditFlowError,
  type DependencyHealth,
  isBroadcast,
  type QuarantinedRecord,
  type Topic,
} from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { Traces } from "../telemetry/trace-context.ts";
import { AmqpBacklog } from "./amqp-backlog.ts";
import { AmqpBroadcast } from "./amqp-broadcast.ts";
import { AmqpConnection } from "./amqp-connection.ts";
import { AmqpPublisher } from "./amqp-publisher.ts";
import { AmqpSubscription } from "./amqp-subscription.ts";
import { AmqpTopology } from "./amqp-topology.ts";
import { Backlog } from "./backlog.ts";
import { withDeadline } from "./deadline.ts";
import type { Origin } from "./refusal.ts";
import type { SubscribeOptions, Subscription, Transport } from "./transport.ts";

/** What a transport on RabbitMQ is made with. */
export interface RabbitmqOptions {
  /** `amqp://` or `amqps://` URL of the broker. */
  readonly url: string;
  /** Put before the name of the exchange and of every queue; empty by default. */
  readonly prefix?: string;
  readonly clock: Clock;
  /** Called when what `health` answers has changed. */
  readonly onState?: (health: DependencyHealth) => void;
  /** Called for each record or message put into quarantine, after the broker owns it. */
  readonly onQuarantine?: (record: QuarantinedRecord) => void;
  /** Called when a subscription has to pause: an error of the broker, or the retryable error of its handler. */
  readonly onTrouble?: (origin: Origin, error: unknown) => void;
}

/** The transport on RabbitMQ 3.10 or later. Returns at once and connects in the background, for as long as it takes. */
export function rabbitmqTransport(options: RabbitmqOptions): Transport {
  return new RabbitmqTransport(options);
}

const settleDeadlineMs = 3_000;

class RabbitmqTransport implements Transport {
  readonly #options: RabbitmqOptions;
  readonly #topology: AmqpTopology;
  readonly #publisher: AmqpPublisher;
  readonly #subscriptions = new Set<Subscription>();
  readonly #queues: AmqpBacklog;
  readonly #backlog = new Backlog((topic) => this.#queues.count(topic));
  #consumers: AmqpConnection | undefined;
  #status: DependencyHealth["status"] = "fail";
  #since: string;
  #stopping: Promise<void> | undefined;

  constructor(options: RabbitmqOptions) {
    this.#options = options;
    this.#since = formatTimestamp(options.clock.now());
    this.#topology = new AmqpTopology(options.prefix ?? "");
    this.#publisher = new AmqpPublisher({ ...this.#connectionOptions(), topology: this.#topology });
    this.#queues = new AmqpBacklog(this.#publisher.connection, this.#topology);
  }

  async publish(topic: Topic, records: readonly object[], traces?: Traces): Promise<void> {
    this.#refuseWhenStopped();
    await this.#publisher.publish(topic, records, traces);
  }

  subscribe(options: SubscribeOptions): Subscription {
    this.#refuseWhenStopped();
    if (this.#consumers === undefined) {
      this.#consumers = new AmqpConnection({ ...this.#connectionOptions(), name: "auditflow consumer" });
      this.#changed();
    }
    const { clock, onQuarantine = () => undefined, onTrouble = () => undefined } = this.#options;
    const common = { connection: this.#consumers, topology: this.#topology, onTrouble };
    if (isBroadcast(options.topic)) return this.#keep(new AmqpBroadcast(common, options));
    this.#queues.include(options);
    return this.#keep(
      new AmqpSubscription({ ...common, publisher: this.#publisher, clock, onQuarantine }, options),
    );
  }

  #keep(subscription: Subscription): Subscription {
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async backlog(topic: Topic): Promise<number | undefined> {
    return this.#stopping === undefined ? await this.#backlog.of(topic) : undefined;
  }

  health(): DependencyHealth {
    return { ...this.#connectionHealth(), since: this.#since };
  }

  /** Of the two connections the one that is worse off; while both are well, the one that publishes. */
  #connectionHealth(): DependencyHealth {
    const publishing = this.#publisher.connection.health();
    const consuming = this.#consumers?.health();
    if (consuming === undefined || publishing.status === "fail") return publishing;
    return consuming.status === "pass" ? publishing : consuming;
  }

  #changed(): void {
    const { status } = this.#connectionHealth();
    // One connection after the other is lost or made again: that is one change.
    if (status !== this.#status) this.#since = formatTimestamp(this.#options.clock.now());
    this.#status = status;
    this.#options.onState?.(this.health());
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const settled = async () => {
      await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
      await this.#publisher.flush();
    };
    // What is not settled by then goes back with the connection.
    await withDeadline(settled(), settleDeadlineMs, "Stopping").catch(() => undefined);
    await Promise.all([this.#publisher.close(), this.#consumers?.close()]);
  }

  #refuseWhenStopped(): void {
    if (this.#stopping !== undefined) throw new AuditFlowError("draining", "The transport is stopping");
  }

  #connectionOptions() {
    const onState = () => this.#changed();
    return { url: this.#options.url, clock: this.#options.clock, onState };
  }
}
