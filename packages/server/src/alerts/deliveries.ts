import type { DeliveryState, Notice } from "@auditflow/contracts";
import { type Kysely, sql } from "kysely";
import type { Transaction, UpsertPlan } from "../database/database.ts";
import type { ChannelRow, DeliveryAttemptRow, DeliveryRow, Schema } from "../database/schema.ts";
import { severityRank } from "./incident-steps.ts";
import { noticeText } from "./notice-text.ts";
import type { Position } from "./queries.ts";

/** One row per delivery; the first stays. */
export const deliveriesPlan: UpsertPlan<"deliveries"> = {
  table: "deliveries",
  key: "delivery_id",
  newer: undefined,
};

/** Of a channel, what decides whether it is told. */
export type ToldChannel = Pick<ChannelRow, "channel_id" | "severity">;

/** The channels that are told of anything, with the least severity of each. */
export async function enabledChannels(db: Kysely<Schema>): Promise<ToldChannel[]> {
  return await db
    .selectFrom("channels")
    .select(["channel_id", "severity"])
    .where("enabled", "=", 1)
    .execute();
}

/** What outbox rows are made of. */
export interface OutboxOptions {
  readonly channels: readonly ToldChannel[];
  readonly notices: readonly Omit<Notice, "delivery_id">[];
  /** The trace of the alert that each notice tells of. */
  readonly traceparents?: readonly (string | null)[];
  /** The time, epoch milliseconds. */
  readonly now: number;
  /** Makes a UUIDv7, so that rows are made in the order of their ids. */
  readonly newId: () => string;
}

/** The outbox rows of notices: one for each channel that wants to know of incidents so severe, due at once. */
export function deliveriesFor({ channels, notices, traceparents, now, newId }: OutboxOptions): DeliveryRow[] {
  return notices.flatMap((notice, place) =>
    channels
      .filter(({ severity }) => severity <= severityRank(notice.incident.severity))
      .map(({ channel_id }) => ({
        ...outboxRow({ ...notice, delivery_id: newId() }, channel_id, now),
        traceparent: traceparents?.[place] ?? null,
      })),
  );
}

function outboxRow(notice: Notice, channel_id: string, now: number): Omit<DeliveryRow, "traceparent"> {
  const { delivery_id, type, incident } = notice;
  return {
    ...{ delivery_id, at: now, channel_id, incident_id: incident.incident_id, type },
    notice: noticeText(notice),
    ...{ state: "pending", attempts: 0, tries: 0, tries_from: now },
    ...{ next_at: now, leased_until: 0, detail: null, settled_at: null },
  };
}

/** Which deliveries a list shows. */
export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined;
  /** In lower case. */
  readonly channelId?: string | undefined;
  readonly incidentId?: string | undefined;
  /** Most deliveries on the page, at least 1. */
  readonly limit: number;
  /** The page begins after this place; undefined: with the newest. */
  readonly after?: Position | undefined;
}

/** A delivery with the name of its channel; null when the channel was removed. */
export type NamedDelivery = DeliveryRow & { readonly channel_name: string | null };

/** One page of deliveries, newest first, and where the next one begins; undefined on the last. */
export async function listDeliveries(
  reader: Kysely<Schema>,
  { state, channelId, incidentId, limit, after }: DeliveryFilter,
): Promise<{ readonly deliveries: NamedDelivery[]; readonly next: Position | undefined }> {
  let query = withChannelName(reader);
  if (state !== undefined) query = query.where("deliveries.state", "=", state);
  if (channelId !== undefined) query = query.where("deliveries.channel_id", "=", channelId);
  if (incidentId !== undefined) query = query.where("deliveries.incident_id", "=", incidentId);
  if (after !== undefined) {
    query = query.where((eb) =>
      eb(eb.refTuple("deliveries.at", "deliveries.delivery_id"), "<", eb.tuple(after.at, after.id)),
    );
  }
  const found = await query
    .orderBy("deliveries.at", "desc")
    .orderBy("deliveries.delivery_id", "desc")
    .limit(limit + 1)
    .execute();
  const deliveries = found.slice(0, limit);
  const last = deliveries.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  return { deliveries, next: hasMore ? { at: last.at, id: last.delivery_id } : undefined };
}

/** A delivery with its tries, oldest first; the id in lower case. */
export async function getDelivery(
  reader: Kysely<Schema>,
  deliveryId: string,
): Promise<{ readonly delivery: NamedDelivery; readonly tries: DeliveryAttemptRow[] } | undefined> {
  const delivery = await withChannelName(reader)
    .where("deliveries.delivery_id", "=", deliveryId)
    .executeTakeFirst();
  if (delivery === undefined) return undefined;
  const attempts = reader.selectFrom("delivery_attempts").selectAll().where("delivery_id", "=", deliveryId);
  return { delivery, tries: await attempts.orderBy("attempt").execute() };
}

function withChannelName(reader: Kysely<Schema>) {
  return reader
    .selectFrom("deliveries")
    .leftJoin("channels", "channels.channel_id", "deliveries.channel_id")
    .selectAll("deliveries")
    .select("channels.name as channel_name");
}

/** What became of the wish to send a delivery again. */
export type Resent = "pending again" | "pending already" | "without an enabled channel" | "unknown";

/**
 * Makes a settled delivery due again under its id, with a new retry schedule; its tries are kept. A send that is still
 * in hand comes to its end first.
 */
export async function resendDelivery({ db }: Transaction, deliveryId: string, now: number): Promise<Resent> {
  const { rows } = await sql`update deliveries
    set state = 'pending', next_at = ${now}, tries = 0, tries_from = ${now}, settled_at = null
    where delivery_id = ${deliveryId} and state <> 'pending'
      and channel_id in (select channel_id from channels where enabled = 1)
    returning delivery_id`.execute(db);
  if (rows.length > 0) return "pending again";
  const row = await db
    .selectFrom("deliveries")
    .select("state")
    .where("delivery_id", "=", deliveryId)
    .executeTakeFirst();
  if (row === undefined) return "unknown";
  return row.state === "pending" ? "pending already" : "without an enabled channel";
}

/**
 * Cancels what still waits for a channel, or, without one, for any channel that is not told any more. A send in hand
 * comes to its end. Says how many.
 */
export async function cancelDeliveries(
  { db }: Transaction,
  { channelId, now, why }: { readonly channelId?: string; readonly now: number; readonly why: string },
): Promise<number> {
  const which =
    channelId === undefined
      ? sql`channel_id not in (select channel_id from channels where enabled = 1)`
      : sql`channel_id = ${channelId}`;
  const { rows } = await sql`update deliveries set state = 'cancelled', detail = ${why}, settled_at = ${now}
    where state = 'pending' and ${which} returning delivery_id`.execute(db);
  return rows.length;
}
