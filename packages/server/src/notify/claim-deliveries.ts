import { type Kysely, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { ChannelRow, DeliveryRow, Schema } from "../database/schema.ts";

/** The channels that are told and for which something is due that nobody has in hand. */
export async function dueChannels(reader: Kysely<Schema>, now: number): Promise<ChannelRow[]> {
  return await reader
    .selectFrom("channels")
    .selectAll()
    .where("enabled", "=", 1)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom("deliveries")
          .select("delivery_id")
          .whereRef("deliveries.channel_id", "=", "channels.channel_id")
          .where("state", "=", "pending")
          .where("next_at", "<=", now)
          .where("leased_until", "<=", now),
      ),
    )
    .execute();
}

/** How many deliveries of a channel are wanted. */
export interface Claim {
  readonly channelId: string;
  readonly most: number;
}

/**
 * Takes due deliveries in hand until a time: those due first, so many of each channel. Nobody else gets them before
 * that; a row that another process takes at the same time is left to it. The lease of a delivery is never the same
 * twice, and tells whose it is.
 */
export async function claimDeliveries(
  database: Database,
  claims: readonly Claim[],
  { now, until }: { readonly now: number; readonly until: number },
): Promise<DeliveryRow[]> {
  return await database.write(async ({ db }) => {
    const claimed: DeliveryRow[] = [];
    // In one order everywhere, so that two processes never wait for each other in a ring.
    for (const { channelId, most } of claims.toSorted((a, b) => (a.channelId < b.channelId ? -1 : 1))) {
      const due = sql`channel_id = ${channelId} and state = 'pending' and next_at <= ${now} and leased_until <= ${now}`;
      const rows = await sql<DeliveryRow>`update deliveries set leased_until = ${until}
        where delivery_id in (
          select delivery_id from deliveries where ${due} order by next_at, delivery_id limit ${sql.lit(most)})
        and ${due}
        returning *`.execute(db);
      claimed.push(...rows.rows.toSorted((a, b) => a.next_at - b.next_at));
    }
    return claimed;
  });
}

/** Gives deliveries back that were taken in hand and not sent, for whoever comes first. */
export async function handBack(
  database: Database,
  deliveries: readonly Pick<DeliveryRow, "delivery_id" | "leased_until">[],
): Promise<void> {
  if (deliveries.length === 0) return;
  await database.write(async ({ db, given }) => {
    const rows = deliveries.map(({ delivery_id, leased_until }) => ({
      id: delivery_id,
      lease: leased_until,
    }));
    await sql`update deliveries set leased_until = 0 from ${given({ id: "uuid", lease: "bigint" }, rows)}
      where deliveries.delivery_id = given.id and deliveries.leased_until = given.lease`.execute(db);
  });
}
