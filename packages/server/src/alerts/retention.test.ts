import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import type { Schema } from "../database/schema.ts";
import { deleteExpired } from "./retention.ts";
import { storeAlerts } from "./store-alerts.ts";

const day = 24 * 60 * 60 * 1000;
const now = 1_800_000_000_000;
const expired = { before: now - 90 * day, now, signal: new AbortController().signal };

/** The nth of many alerts; those of one user are one incident. */
function alertOf(n: number, user: string) {
  const { triggered_by } = exampleAlert(0);
  const alert_id = `0190a000-0000-5000-8000-${n.toString(16).padStart(12, "0")}`;
  return exampleAlert(0, { alert_id, triggered_by: { ...triggered_by, actor_id: user } });
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("retention on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  beforeEach(async () => {
    site = await connect();
    database = site.open();
    await database.write(({ db }) =>
      db
        .insertInto("channels")
        .values({
          ...{ channel_id: uuidv7(), at: 0, name: "log", kind: "log", settings: "{}" },
          ...{ severity: 0, enabled: 1, disabled_reason: null, version: 1 },
        })
        .execute(),
    );
  });
  afterEach(() => site.end());

  const store = (from: number, size: number, { user, age }: { user: string; age: number }) =>
    storeAlerts(
      database,
      Array.from({ length: size }, (_, n) => alertOf(from + n, user)),
      { now: now - age * day, newId: uuidv7, notify: true },
    );
  const count = async (table: keyof Schema): Promise<number> => {
    const counted = database.reader.selectFrom(table).select((eb) => eb.fn.countAll<number>().as("n"));
    return (await counted.executeTakeFirstOrThrow()).n;
  };

  test("what was stored longer ago is deleted in batches, with its history, incident and settled deliveries", async () => {
    await store(0, 2500, { user: "old", age: 91 });
    await store(5000, 3, { user: "new", age: 89 });
    await database.write(({ db }) => db.updateTable("deliveries").set({ state: "delivered" }).execute());
    expect(await deleteExpired(database, expired)).toEqual({
      ...{ alerts: 2500, incidents: 1, deliveries: 1, operations: 0 },
    });
    const left = await Promise.all((["alerts", "incidents", "history", "deliveries"] as const).map(count));
    expect(left).toEqual([3, 1, 1, 1]);
    expect((await deleteExpired(database, expired)).alerts).toBe(0);
  });

  test("an old incident with a young alert stays, and so does a delivery that is still due", async () => {
    await store(0, 2, { user: "steady", age: 100 });
    await store(10, 1, { user: "steady", age: 1 });
    expect(await deleteExpired(database, expired)).toMatchObject({ alerts: 2, incidents: 0, deliveries: 0 });
    expect(await count("incidents")).toBe(1);
    expect(await count("deliveries")).toBe(1);
  });

  test("an alert goes by when it was stored, not by when its events were", async () => {
    await store(0, 1, { user: "a", age: 1 });
    expect(Date.parse(alertOf(0, "a").timestamp)).toBeLessThan(expired.before);
    expect(await deleteExpired(database, expired)).toMatchObject({ alerts: 0 });
  });

  test("it ends between two batches when it is told to", async () => {
    await store(0, 5, { user: "a", age: 100 });
    const signal = AbortSignal.abort();
    expect(await deleteExpired(database, { ...expired, signal })).toMatchObject({ alerts: 0 });
    expect(await count("alerts")).toBe(5);
  });
});
