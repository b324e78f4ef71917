import {
  AuditFlowError,
  type DependencyHealth,
  isBroadcast,
  type QuarantinedRecord,
  type Topic,
} from "@auditflow/contracts";
import type { Clock } from "../telemetry/clock.ts";
import type { Traces } from "../telemetry/trace-context.ts";
import { Backlog } from "./backlog.ts";
import { Broadcast } from "./broadcast.ts";
import { withDeadline } from "./deadline.ts";
import type { Origin } from "./refusal.ts";
import { SqliteLog } from "./sqlite-log.ts";
import { SqliteSubscription } from "./sqlite-subscription.ts";
import type { SubscribeOptions, Subscription, Transport } from "./transport.ts";

/** What a transport on SQLite is made with. */
export interface SqliteTransportOptions {
  /** The file; one process at a time. `:memory:` for none. */
  readonly path: string;
  readonly clock: Clock;
  /** Bytes of messages that may wait; beyond, publishing is refused with `overloaded`. 8 GiB by default. */
  readonly maxBytes?: number;
  /** Bytes the file may grow to; beyond, publishing fails as on a full disk. No limit by default. */
  readonly maxFileBytes?: number;
  /** Called when what `health` answers has changed. */
  readonly onState?: (health: DependencyHealth) => void;
  /** Called for each record or message put into quarantine, after it is on disk. */
  readonly onQuarantine?: (record: QuarantinedRecord) => void;
  /** Called when a subscription has to pause: an error of the disk, or the retryable error of its handler. */
  readonly onTrouble?: (origin: Origin, error: unknown) => void;
}

/**
 * The transport in one SQLite file of this process: committed and fsynced before `publish` resolves. Throws when the
 * file cannot be opened.
 *
 * Publishers go first: in a burst that keeps the process busy, the readers of that topic take a batch each 30 ms and
 * the rest after the burst.
 */
export function sqliteTransport(options: SqliteTransportOptions): Transport {
  return new SqliteTransport("sqlite", options);
}

const defaultMaxBytes = 8 * 1024 ** 3;
const settleDeadlineMs = 4_500;

/** The same for a file and, under another name, for memory. */
export class SqliteTransport implements Transport {
  readonly #log: SqliteLog;
  readonly #options: SqliteTransportOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #backlog = new Backlog(async (topic) => this.#log.backlog(topic));
  readonly #broadcast: Broadcast;
  #stopping: Promise<void> | undefined;

  constructor(name: string, options: SqliteTransportOptions) {
    this.#options = options;
    this.#broadcast = new Broadcast((origin, error) => options.onTrouble?.(origin, error));
    this.#log = new SqliteLog({
      name,
      path: options.path,
      maxBytes: options.maxBytes ?? defaultMaxBytes,
      maxFileBytes: options.maxFileBytes,
      clock: options.clock,
      onState: options.onState ?? (() => undefined),
    });
  }

  async publish(topic: Topic, records: readonly object[], traces?: Traces): Promise<void> {
    this.#refuseWhenStopped();
    await (isBroadcast(topic)
      ? this.#broadcast.publish(topic, records)
      : this.#log.publish(topic, records, traces));
  }

  subscribe(options: SubscribeOptions): Subscription {
    this.#refuseWhenStopped();
    const { onQuarantine = () => undefined, onTrouble = () => undefined } = this.#options;
    const subscription = isBroadcast(options.topic)
      ? this.#broadcast.subscribe(options)
      : new SqliteSubscription(this.#log, { onQuarantine, onTrouble }, options);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async backlog(topic: Topic): Promise<number | undefined> {
    return this.#stopping === undefined ? await this.#backlog.of(topic) : undefined;
  }

  health(): DependencyHealth {
    return this.#log.health;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const stopped = Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    // A handler that hangs keeps what it holds: the next process hands that over again.
    await withDeadline(stopped, settleDeadlineMs, "Stopping").catch(() => undefined);
    this.#log.close();
  }

  #refuseWhenStopped(): void {
    if (this.#stopping !== undefined) throw new AuditFlowError("draining", "The transport is stopping");
  }
}
