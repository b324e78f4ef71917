import { sql } from "kysely";
import { cancelDeliveries } from "../alerts/deliveries.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { ChannelRow, DeliveryRow } from "../database/schema.ts";
import type { SendOutcome } from "./channels/channel.ts";
import { type NextStep, nextStep } from "./retry-schedule.ts";

/** A try that came to an end. */
export interface Tried {
  /** The delivery as it was taken in hand. */
  readonly delivery: DeliveryRow;
  /** The channel as it was when it was sent. */
  readonly channel: ChannelRow;
  readonly outcome: SendOutcome;
  /** Epoch milliseconds. */
  readonly began: number;
  readonly ended: number;
  /** At least 0, less than 1. */
  readonly random: () => number;
}

/** What a try changed: what the delivery is now, and whether the channel was switched off because of it. */
export interface Settled {
  readonly state: NextStep["state"];
  readonly channelDisabled: boolean;
}

/**
 * Writes a try and what becomes of the delivery in one transaction; may be called again when the outcome is unknown.
 * Undefined: nothing changed, because it was written already or the delivery is in other hands or settled by now. A
 * notice that was taken is `delivered` even then. A receiver that is gone switches its channel off.
 */
export async function settleDelivery(database: Database, tried: Tried): Promise<Settled | undefined> {
  return await database.write(async (transaction) => {
    const { db } = transaction;
    const { delivery, outcome, began, ended, random } = tried;
    const { delivery_id, leased_until } = delivery;
    const { rows } = await sql<
      Pick<DeliveryRow, "attempts" | "state" | "tries" | "tries_from">
    >`update deliveries
      set attempts = attempts + 1, tries = tries + 1, leased_until = 0
      where delivery_id = ${delivery_id} and leased_until = ${leased_until}
      returning attempts, state, tries, tries_from`.execute(db);
    const row = rows[0];
    if (row === undefined) return await deliveredLate(transaction, tried);
    await db
      .insertInto("delivery_attempts")
      .values({
        ...{ delivery_id, attempt: row.attempts, at: began, duration_ms: Math.max(0, ended - began) },
        ...{ outcome: outcome.outcome, code: outcome.status ?? null, detail: outcome.detail },
      })
      .execute();
    const next = nextStep(outcome, { tries: row.tries, triesFrom: row.tries_from, now: ended, random });
    const isOpen = row.state === "pending" || next.state === "delivered";
    if (isOpen) await step(transaction, delivery, { next, now: ended });
    const channelDisabled = outcome.outcome === "gone" && (await disable(transaction, tried));
    return isOpen ? { state: next.state, channelDisabled } : undefined;
  });
}

async function step(
  { db }: Transaction,
  delivery: DeliveryRow,
  { next, now }: { readonly next: NextStep; readonly now: number },
): Promise<void> {
  const { state, detail } = next;
  await db
    .updateTable("deliveries")
    .set({
      ...{ state, detail, settled_at: state === "pending" ? null : now },
      next_at: next.state === "pending" ? next.nextAt : delivery.next_at,
    })
    .where("delivery_id", "=", delivery.delivery_id)
    .execute();
}

/** The lease ran out while the notice was on its way: who took it over need not send it again. */
async function deliveredLate({ db }: Transaction, tried: Tried): Promise<Settled | undefined> {
  const { delivery, outcome, ended } = tried;
  if (outcome.outcome !== "delivered") return undefined;
  const { rows } = await sql`update deliveries
    set state = 'delivered', detail = ${outcome.detail}, settled_at = ${ended}
    where delivery_id = ${delivery.delivery_id} and state = 'pending' returning delivery_id`.execute(db);
  return rows.length === 0 ? undefined : { state: "delivered", channelDisabled: false };
}

/** Switches the channel off, unless somebody changed it meanwhile, and cancels what else waits for it. */
async function disable(transaction: Transaction, { channel, outcome, ended }: Tried): Promise<boolean> {
  const { channel_id, version } = channel;
  const why = `Switched off because the receiver asked not to be called again: ${outcome.detail}`;
  const { rows } = await sql`update channels set enabled = 0, disabled_reason = ${why}, version = version + 1
    where channel_id = ${channel_id} and version = ${version} and enabled = 1 returning channel_id`.execute(
    transaction.db,
  );
  if (rows.length === 0) return false;
  await cancelDeliveries(transaction, { channelId: channel_id, now: ended, why });
  return true;
}
