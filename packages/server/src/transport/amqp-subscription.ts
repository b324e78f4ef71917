import { AuditFlowError, type QuarantinedRecord } from "@auditflow/contracts";
import type { ConsumeMessage } from "amqplib";
import type { Clock } from "../telemetry/clock.ts";
import type { AmqpConnection } from "./amqp-connection.ts";
import { AmqpLane, type Delivery, type LaneSession } from "./amqp-lane.ts";
import {
  bodyOf,
  bytesOfRecord,
  openParcel,
  type Parcel,
  remainderOf,
  timesDelivered,
  waitOf,
} from "./amqp-parcel.ts";
import type { AmqpPublisher } from "./amqp-publisher.ts";
import type { AmqpTopology } from "./amqp-topology.ts";
import { retryDelayMs } from "./backoff.ts";
import { decodeJson, packBody, unpackBody } from "./body.ts";
import { Gate } from "./gate.ts";
import { handOverInRounds } from "./hand-over.ts";
import { decodeRefusal, type Origin, quarantined, type Refusal } from "./refusal.ts";
import type { Batch, Decode, Handler, SubscribeOptions, Subscription, Verdict } from "./transport.ts";

/** What a subscription on RabbitMQ stands on. */
export interface AmqpSubscriptionContext {
  readonly connection: AmqpConnection;
  readonly publisher: AmqpPublisher;
  readonly topology: AmqpTopology;
  readonly clock: Clock;
  readonly onQuarantine: (record: QuarantinedRecord) => void;
  readonly onTrouble: (origin: Origin, error: unknown) => void;
}

/** Messages delivered ahead; those of the first AuditFlow hold one record each. */
const prefetch = { ours: 100, legacy: 500 };
/** Deliveries after which a message is no longer handed over beside others, which would be blamed for its crashes. */
const suspectAfter = 2;
/** Sent anew after so many deliveries, whatever the reason: keeps it away from the broker's own limit in a long outage. */
const mostDeliveries = 100;
/** Alone in hand, and the process died: several records are split at once, one record gets this many chances. */
const poisonAfter = 3;

/**
 * Two lanes of one group: the main one, and one for records that failed before or were in hand when a process died,
 * where one message at a time is in hand and the broker's count blames exactly that one.
 */
export class AmqpSubscription implements Subscription {
  readonly #context: AmqpSubscriptionContext;
  readonly #origin: Origin;
  readonly #handler: Handler;
  readonly #decode: Decode;
  readonly #maxRecords: number;
  readonly #lanes: readonly AmqpLane[];

  constructor(context: AmqpSubscriptionContext, options: SubscribeOptions) {
    const { topic, group, concurrency = 1, linger = 0 } = options;
    const ahead = topic === "audit_events" ? prefetch.legacy : prefetch.ours;
    this.#context = context;
    this.#origin = { topic, group };
    this.#handler = options.handler;
    this.#decode = options.decode ?? decodeJson;
    this.#maxRecords = options.maxRecords ?? 1000;
    const shared = {
      connection: context.connection,
      declare: context.topology.declareGroup.bind(context.topology),
      gate: new Gate(concurrency),
      onTrouble: (error: unknown) => context.onTrouble(this.#origin, error),
    };
    const main = {
      ...shared,
      queue: context.topology.queue(this.#origin),
      declare: (channel: Parameters<typeof shared.declare>[0]) => shared.declare(channel, this.#origin),
      prefetch: ahead,
      workers: concurrency,
      // With half of what is delivered ahead there is enough to be worth it.
      wait: (_message: ConsumeMessage, waiting: number) => (waiting < ahead / 2 ? linger : 0),
      work: (session: LaneSession) => this.#workMain(session),
    };
    const alone = {
      ...main,
      queue: context.topology.aloneQueue(this.#origin),
      prefetch: 1,
      workers: 1,
      wait: (message: ConsumeMessage) => waitOf(message, context.clock.now()),
      work: (session: LaneSession) => this.#workAlone(session),
    };
    this.#lanes = [new AmqpLane(main), new AmqpLane(alone)];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }

  async #workMain(session: LaneSession): Promise<AuditFlowError | undefined> {
    const { parcels, asides } = this.#take(session);
    const { verdicts, trouble } = await handOverInRounds(
      this.#handler,
      batchOf(parcels, 1),
      this.#maxRecords,
    );
    const settled = await this.#settleAll(session, parcels, verdicts);
    return trouble ?? settled ?? (await asides);
  }

  /** Takes what fits a batch. What cannot be decoded, or has to be handed over alone, is put aside meanwhile. */
  #take(session: LaneSession): { parcels: Parcel[]; asides: Promise<AuditFlowError | undefined> } {
    const parcels: Parcel[] = [];
    const asides: Promise<void>[] = [];
    let records = 0;
    for (let delivery = session.inbox[0]; delivery !== undefined; delivery = session.inbox[0]) {
      const opened = this.#isSuspect(session, delivery.message) ? "suspect" : this.#open(delivery);
      if (opened === "suspect") asides.push(this.#setAside(session, delivery.message));
      else if ("reason" in opened) asides.push(this.#refuseMessage(session, delivery.message, opened));
      else {
        if (records > 0 && records + opened.records.length > this.#maxRecords) break;
        records += opened.records.length;
        parcels.push(opened);
      }
      session.inbox.shift();
    }
    return { parcels, asides: troubleOf(asides) };
  }

  #isSuspect(session: LaneSession, message: ConsumeMessage): boolean {
    const times = timesDelivered(message);
    // What a classic queue says once is all it will ever say.
    if (this.#origin.topic === "audit_events") return times > 0;
    return times >= mostDeliveries || (!session.probing && deathsOf(session, message) >= suspectAfter);
  }

  #open(delivery: Delivery): Parcel | Refusal {
    try {
      delivery.parcel ??= openParcel(delivery.message, this.#decode);
      return delivery.parcel;
    } catch (error) {
      return decodeRefusal(error);
    }
  }

  async #setAside(session: LaneSession, message: ConsumeMessage): Promise<void> {
    await this.#sendAlone({ body: bodyOf(message), headers: message.properties.headers ?? {} });
    acknowledge(session, message);
  }

  async #sendAlone(message: {
    body: ReturnType<typeof bodyOf>;
    headers: Record<string, unknown>;
  }): Promise<void> {
    const headers: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(message.headers)) {
      if (ourHeaders.has(name) && (typeof value === "string" || typeof value === "number"))
        headers[name] = value;
    }
    await this.#context.publisher.send({
      queue: this.#context.topology.aloneQueue(this.#origin),
      body: message.body,
      headers,
    });
  }

  async #refuseMessage(session: LaneSession, message: ConsumeMessage, refusal: Refusal): Promise<void> {
    await this.#quarantine({ ...refusal, bytes: legibleBytes(message), isJson: false });
    acknowledge(session, message);
  }

  async #quarantine(refused: Refusal & { bytes: Uint8Array; isJson: boolean }): Promise<void> {
    const { clock, publisher, topology, onQuarantine } = this.#context;
    const record = quarantined(clock, this.#origin, refused);
    // What is refused as a quarantined record would come back to the same reader for ever.
    if (this.#origin.topic === "quarantine") {
      const body = packBody(JSON.stringify(record));
      await publisher.send({ queue: topology.parkedQueue, body, headers: {} });
    } else await publisher.publish("quarantine", [record]);
    onQuarantine(record);
  }

  async #settleAll(
    session: LaneSession,
    parcels: readonly Parcel[],
    verdicts: readonly (Verdict | undefined)[],
  ): Promise<AuditFlowError | undefined> {
    const mixed: Promise<void>[] = [];
    let from = 0;
    for (const parcel of parcels) {
      const to = from + parcel.records.length;
      if (isAllAck(verdicts, from, to)) acknowledge(session, parcel.message);
      else {
        const own = verdicts.slice(from, to);
        // A message with an open record goes back whole: its settled records may come again.
        if (own.length === parcel.records.length && !own.includes(undefined)) {
          mixed.push(this.#settle(session, parcel, own));
        }
      }
      from = to;
    }
    return await troubleOf(mixed);
  }

  /** Publishes again what is to be retried or quarantined, then acknowledges the message. */
  async #settle(
    session: LaneSession,
    parcel: Parcel,
    verdicts: readonly (Verdict | undefined)[],
  ): Promise<void> {
    const again: number[] = [];
    const open: number[] = [];
    const sends: Promise<void>[] = [];
    for (const [place, verdict] of verdicts.entries()) {
      if (verdict === undefined) open.push(place);
      else if (verdict === "retry") again.push(place);
      else if (verdict !== "ack") {
        const { quarantine: code, reason } = verdict;
        sends.push(this.#quarantine({ code, reason, ...bytesOfRecord(parcel, place) }));
      }
    }
    const { attempt } = parcel;
    const notBefore = this.#context.clock.now() + retryDelayMs(attempt);
    if (again.length > 0) {
      sends.push(
        this.#sendAlone(
          remainderOf(parcel, again, { attempt: attempt + 1, notBefore, decode: this.#decode }),
        ),
      );
    }
    // Sent anew, so that its delivery count starts again: trouble elsewhere is no blame.
    if (open.length > 0)
      sends.push(this.#sendAlone(remainderOf(parcel, open, { attempt, decode: this.#decode })));
    await Promise.all(sends);
    acknowledge(session, parcel.message);
  }

  async #workAlone(session: LaneSession): Promise<AuditFlowError | undefined> {
    const delivery = session.inbox.shift();
    if (delivery === undefined) return undefined;
    const opened = this.#open(delivery);
    if ("reason" in opened) return await troubleOf([this.#refuseMessage(session, delivery.message, opened)]);
    const deaths = deathsOf(session, delivery.message);
    if (deaths > 0 && opened.records.length > 1) return await troubleOf([this.#split(session, opened)]);
    if (deaths >= poisonAfter) {
      const reason = `Delivered alone ${deaths} times, and the process ended each time before it was settled`;
      const verdicts = opened.records.map(() => ({ quarantine: "handler_failed", reason }) as const);
      return await troubleOf([this.#settle(session, opened, verdicts)]);
    }
    if (timesDelivered(delivery.message) >= mostDeliveries)
      return await troubleOf([this.#setAside(session, delivery.message)]);
    const most = opened.attempt > 1 ? 1 : this.#maxRecords;
    const { verdicts, trouble } = await handOverInRounds(
      this.#handler,
      batchOf([opened], opened.attempt),
      most,
    );
    return (await troubleOf([this.#settle(session, opened, verdicts)])) ?? trouble;
  }

  async #split(session: LaneSession, parcel: Parcel): Promise<void> {
    const { attempt } = parcel;
    const parts = parcel.records.map((_, place) =>
      remainderOf(parcel, [place], { attempt, decode: this.#decode }),
    );
    await Promise.all(parts.map((part) => this.#sendAlone(part)));
    acknowledge(session, parcel.message);
  }
}

/** What a message keeps that is put aside. */
const ourHeaders: ReadonlySet<string> = new Set([
  ...["x-attempt", "x-records", "x-not-before"],
  ...["traceparent", "tracestate"],
]);

function batchOf(parcels: readonly Parcel[], attempt: number): Batch {
  const records = parcels.length === 1 ? parcels[0]!.records : parcels.flatMap((parcel) => parcel.records);
  if (parcels.every(({ trace }) => trace === undefined)) return { records, attempt };
  return { records, attempt, traces: parcels.flatMap((parcel) => parcel.records.map(() => parcel.trace)) };
}

/**
 * How often a process died with the message in hand. The broker counts every delivery that was not acknowledged, also
 * when only the connection was lost: those this process has lived through are no deaths.
 */
function deathsOf({ earlier }: LaneSession, message: ConsumeMessage): number {
  return Math.max(0, timesDelivered(message) - earlier);
}

function acknowledge(session: LaneSession, message: ConsumeMessage): void {
  try {
    session.channel.ack(message);
  } catch {
    // The channel is gone: the broker hands the message out again, and at least once is what we promise.
  }
}

function legibleBytes(message: ConsumeMessage): Uint8Array {
  try {
    return unpackBody(bodyOf(message));
  } catch {
    return message.content;
  }
}

function isAllAck(verdicts: readonly (Verdict | undefined)[], from: number, to: number): boolean {
  for (let place = from; place < to; place += 1) if (verdicts[place] !== "ack") return false;
  return true;
}

/** Waits for all and answers the first failure as trouble: a message that could not be passed on stays unsettled. */
async function troubleOf(work: readonly Promise<void>[]): Promise<AuditFlowError | undefined> {
  const failures = (await Promise.allSettled(work)).filter((result) => result.status === "rejected");
  const [first] = failures;
  if (first === undefined) return undefined;
  if (first.reason instanceof AuditFlowError) return first.reason;
  return new AuditFlowError("transport_unavailable", String(first.reason), { cause: first.reason });
}
