import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError, type Notice } from "@auditflow/contracts";
import { failpoint } from "#failpoint";
import { cancelDeliveries } from "../alerts/deliveries.ts";
import type { ChannelRow, DeliveryRow } from "../database/schema.ts";
import { everyLine } from "../telemetry/every-line.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import { ChannelLane } from "./channel-lane.ts";
import type { SendOutcome, Surroundings } from "./channels/channel.ts";
import { claimDeliveries, dueChannels, handBack } from "./claim-deliveries.ts";
import type { NotifyOptions } from "./notify-options.ts";
import { inSendSpan } from "./send-span.ts";
import { senderOf, surroundingsOf } from "./sender-of.ts";
import { type Settled, settleDelivery, type Tried } from "./settle-delivery.ts";

/** What telling people is started with; it does not stop the database. */
export interface DispatchOptions
  extends Pick<NotifyOptions, "database" | "clock" | "log" | "random" | "receivers" | "baseUrl" | "tracer"> {
  readonly observe: Pick<NotifyOptions["observe"], "tried">;
  /** How long one send may take, in milliseconds; 15,000 when left out. */
  readonly deadlineMs?: number;
  /** How long a delivery is kept from others once it is taken in hand; the deadline and 15 s when left out. */
  readonly leaseMs?: number;
  /** How long `stop` waits for what is on its way, in milliseconds; 5,000 when left out. */
  readonly graceMs?: number;
}

/** Telling people, while it runs. */
export interface Dispatch {
  /** Looks at once for what is due; otherwise it looks every second. */
  wake(): void;
  /** Takes nothing more, gives what is on its way 5 s, then 2 s to hand the rest back. Idempotent. */
  stop(): Promise<void>;
}

const lookEvery = 1000;
const sweepEvery = 60_000;
const defaultGraceMs = 5000;
const afterGraceMs = 2000;
const defaultDeadlineMs = 15_000;
const leaseSlackMs = 15_000;

/**
 * Tells channels what is due in the outbox, each delivery at least once and under the same id. Safe for several
 * processes on one database. A channel that hangs holds up no other. While the database is down it keeps trying: what
 * was sent and could not be written down is written when it is back.
 */
export function startDispatch(options: DispatchOptions): Dispatch {
  const dispatcher = new Dispatcher(options);
  const running = dispatcher.run();
  let stopped: Promise<void> | undefined;
  return {
    wake: () => dispatcher.wake(),
    stop: () => {
      stopped ??= dispatcher.stop(running);
      return stopped;
    },
  };
}

class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #surroundings: Surroundings;
  readonly #leaseMs: number;
  /** By channel: the lane of the version that was seen last. */
  readonly #lanes = new Map<string, ChannelLane>();
  readonly #sends = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #grace = new AbortController();
  #bell = Promise.withResolvers<void>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: DispatchOptions) {
    this.#options = options;
    const { deadlineMs = defaultDeadlineMs } = options;
    this.#surroundings = { ...surroundingsOf(options), deadlineMs };
    this.#leaseMs = options.leaseMs ?? deadlineMs + leaseSlackMs;
  }

  wake(): void {
    this.#bell.resolve();
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#bell = Promise.withResolvers();
      await this.#look().catch((error: unknown) => this.#tell(error));
      const pausing = new AbortController();
      const pause = delay(lookEvery, undefined, { signal: pausing.signal }).catch(() => undefined);
      await Promise.race([this.#bell.promise, pause]);
      pausing.abort();
    }
  }

  async stop(running: Promise<void>): Promise<void> {
    this.#stopping.abort();
    this.wake();
    const done = running.then(() => Promise.all(this.#sends));
    await within(this.#options.graceMs ?? defaultGraceMs, done);
    this.#grace.abort();
    await within(afterGraceMs, done);
    for (const lane of this.#lanes.values()) await lane.sender.stop?.();
  }

  async #look(): Promise<void> {
    const { database, clock } = this.#options;
    const now = clock.now();
    if (now - this.#sweptAt >= sweepEvery) await this.#sweep(now);
    const channels = await dueChannels(database.reader, now);
    const lanes = await Promise.all(channels.map((channel) => this.#laneOf(channel)));
    const claims = lanes
      .map((lane) => ({ channelId: lane.channel.channel_id, most: lane.free(now) }))
      .filter(({ most }) => most > 0);
    if (claims.length === 0 || this.#stopping.signal.aborted) return;
    const claimed = await claimDeliveries(database, claims, { now, until: now + this.#leaseMs });
    if (this.#stopping.signal.aborted) return await handBack(database, claimed);
    for (const delivery of claimed) this.#start(this.#lanes.get(delivery.channel_id)!, delivery);
  }

  /** A delivery that was written while its channel was being switched off waits for nothing. */
  async #sweep(now: number): Promise<void> {
    const why = "The channel was removed or switched off.";
    await this.#options.database.write((transaction) => cancelDeliveries(transaction, { now, why }));
    this.#sweptAt = now;
    for (const [id, lane] of this.#lanes) {
      if (!lane.isIdle(now)) continue;
      this.#lanes.delete(id);
      await lane.retire();
    }
  }

  async #laneOf(channel: ChannelRow): Promise<ChannelLane> {
    const known = this.#lanes.get(channel.channel_id);
    if (known?.channel.version === channel.version) return known;
    await known?.retire();
    const lane = new ChannelLane(channel, await senderOf(channel, this.#surroundings));
    this.#lanes.set(channel.channel_id, lane);
    return lane;
  }

  #start(lane: ChannelLane, delivery: DeliveryRow): void {
    const send = lane
      .run(() => this.#send(lane, delivery))
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#sends.delete(send);
        this.wake();
      });
    this.#sends.add(send);
  }

  async #send(lane: ChannelLane, delivery: DeliveryRow): Promise<void> {
    const { clock, database, random } = this.#options;
    const began = clock.now();
    const outcome = await this.#attempt(lane, delivery);
    await failpoint("notify.sent", delivery.notice);
    const ended = clock.now();
    lane.heed(outcome, ended);
    // Cut off by us: that says nothing about the receiver, so it is no try.
    if (this.#grace.signal.aborted && outcome.outcome === "retry")
      return await handBack(database, [delivery]);
    const tried = { delivery, channel: lane.channel, outcome, began, ended, random };
    this.#report(tried, await this.#settle(tried));
  }

  async #attempt({ sender, channel }: ChannelLane, delivery: DeliveryRow): Promise<SendOutcome> {
    const notice = JSON.parse(delivery.notice) as Notice;
    const send = (trace: TraceContext | undefined) => sender.send(notice, this.#grace.signal, trace);
    return await inSendSpan({ tracer: this.#options.tracer, channel, delivery }, send);
  }

  /** Writes it down, however long the database is away; when we stop first, the lease runs out and it is sent again. */
  async #settle(tried: Tried): Promise<Settled | undefined> {
    for (;;) {
      try {
        return await settleDelivery(this.#options.database, tried);
      } catch (error) {
        if (!isTrouble(error) || this.#grace.signal.aborted) throw error;
        await delay(lookEvery, undefined, { signal: this.#grace.signal }).catch(() => undefined);
      }
    }
  }

  #report({ channel, delivery, outcome }: Tried, settled: Settled | undefined): void {
    const { log, observe } = this.#options;
    const fields = {
      ...{ delivery_id: delivery.delivery_id, channel_id: channel.channel_id, kind: channel.kind },
      ...{ channel_name: channel.name, detail: outcome.detail },
    };
    if (settled?.channelDisabled === true)
      log.warn(
        { "event.name": "channel.disabled", ...fields, [everyLine]: true },
        "a channel was switched off: its receiver is gone",
      );
    if (settled?.state === "delivered") {
      observe.tried(channel.kind, "delivered");
      log.debug({ "event.name": "delivery.delivered", ...fields }, "a notice was delivered");
    } else if (settled?.state === "dead") {
      observe.tried(channel.kind, "dead");
      log.warn({ "event.name": "delivery.dead", ...fields }, "a delivery was given up");
    } else if (settled?.state === "pending") {
      observe.tried(channel.kind, "retry");
      log.debug({ "event.name": "delivery.retried", ...fields }, "a delivery failed and is tried again");
    }
  }

  /** The database says itself when it is down. */
  #tell(error: unknown): void {
    if (isTrouble(error)) return;
    this.#options.log.error(
      { "event.name": "dispatch.failed", error },
      "telling people failed by our own fault",
    );
  }
}

function isTrouble(error: unknown): boolean {
  return error instanceof AuditFlowError && error.retryable;
}

/** Waits for it, at most so many milliseconds; never rejects. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  const late = delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), late]);
  ended.abort();
}
