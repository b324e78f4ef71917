import { type Kysely, sql } from "kysely";
import type { Database, Transaction } from "../database/database.ts";
import type { ChannelRow, Schema } from "../database/schema.ts";
import { cancelDeliveries } from "./deliveries.ts";

/** Most channels there can be: each is looked after on its own. */
export const mostChannels = 100;

/** Every channel, by name. */
export async function listChannels(reader: Kysely<Schema>): Promise<ChannelRow[]> {
  return await reader.selectFrom("channels").selectAll().orderBy("name").orderBy("channel_id").execute();
}

/** The channel; the id in lower case. */
export async function getChannel(reader: Kysely<Schema>, channelId: string): Promise<ChannelRow | undefined> {
  return await reader
    .selectFrom("channels")
    .selectAll()
    .where("channel_id", "=", channelId)
    .executeTakeFirst();
}

/** Why a channel was not written. */
export type ChannelConflict = "name taken" | "too many";

/** Stores a new channel; a name left empty becomes its kind, with a number when that is taken. */
export async function addChannel(database: Database, row: ChannelRow): Promise<ChannelRow | ChannelConflict> {
  return await database.write(async ({ db }) => {
    const names = new Set((await db.selectFrom("channels").select("name").execute()).map(({ name }) => name));
    if (names.size >= mostChannels) return "too many";
    const named = { ...row, name: row.name === "" ? freeName(row.kind, names) : row.name };
    const { numInsertedOrUpdatedRows: inserted } = await db
      .insertInto("channels")
      .values(named)
      .onConflict((conflict) => conflict.column("name").doNothing())
      .executeTakeFirstOrThrow();
    return inserted === 1n ? named : "name taken";
  });
}

function freeName(kind: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? kind : `${kind}-${n}`;
    if (!taken.has(name)) return name;
  }
}

/** What of a channel can change. */
export type ChannelChanges = Pick<
  ChannelRow,
  "name" | "settings" | "severity" | "enabled" | "disabled_reason"
>;

/**
 * Writes over the channel as it was read; what waits for one that is switched off is cancelled. Answers "changed
 * meanwhile" when its version is another by now.
 */
export async function changeChannel(
  transaction: Transaction,
  before: ChannelRow,
  { changes, now }: { readonly changes: ChannelChanges; readonly now: number },
): Promise<ChannelRow | "name taken" | "changed meanwhile"> {
  const { db } = transaction;
  const other = db.selectFrom("channels").select("channel_id").where("name", "=", changes.name);
  const holder = await other.executeTakeFirst();
  if (holder !== undefined && holder.channel_id !== before.channel_id) return "name taken";
  const after = await db
    .updateTable("channels")
    .set({ ...changes, version: before.version + 1 })
    .where("channel_id", "=", before.channel_id)
    .where("version", "=", before.version)
    .returningAll()
    .executeTakeFirst();
  if (after === undefined) return "changed meanwhile";
  if (after.enabled === 0) {
    const why = after.disabled_reason ?? "The channel was switched off.";
    await cancelDeliveries(transaction, { channelId: before.channel_id, now, why });
  }
  return after;
}

/** Deletes the channel as it was read and cancels what waits for it; false when its version is another by now. */
export async function removeChannel(
  transaction: Transaction,
  { channel_id, version }: Pick<ChannelRow, "channel_id" | "version">,
  now: number,
): Promise<boolean> {
  const { rows } = await sql`delete from channels where channel_id = ${channel_id} and version = ${version}
    returning channel_id`.execute(transaction.db);
  if (rows.length === 0) return false;
  await cancelDeliveries(transaction, { channelId: channel_id, now, why: "The channel was removed." });
  return true;
}
