import { AuditFlowError } from "@auditflow/contracts";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { type Database, RowRefused, type Transaction, WriteConflict } from "../src/database/database.ts";
import type { OperationRow } from "../src/database/schema.ts";
import { upsertRows } from "../src/database/upsert-rows.ts";
import { alertRowOf, alertsPlan, rowsOf } from "./alert-rows.ts";
import type { DatabaseSite } from "./database-site.ts";
import { until } from "./until.ts";

const unavailable = { code: "database_unavailable", retryable: true };
const operationsPlan = { table: "operations", key: "operation_id", newer: undefined } as const;
const first = alertRowOf(1).alert_id;

function operationOf(n: number): OperationRow {
  const { alert_id, at } = alertRowOf(n);
  return { operation_id: alert_id, at, who: "ada", action: "close", matched: 1, changed: 1, undo_of: null };
}

async function storedIn(database: Database, table: "alerts" | "operations"): Promise<number> {
  const counted = database.reader.selectFrom(table).select((eb) => eb.fn.countAll<number>().as("n"));
  return (await counted.executeTakeFirstOrThrow()).n;
}

async function countUp({ db }: Transaction): Promise<void> {
  const query = db.selectFrom("alerts").select("count").where("alert_id", "=", first);
  const { count } = await query.executeTakeFirstOrThrow();
  await db
    .updateTable("alerts")
    .set({ count: count + 1 })
    .where("alert_id", "=", first)
    .execute();
}

/** Every promise of `write`, told as tests. */
export function transactions(site: () => DatabaseSite): void {
  for (const part of [outcomes, conflicts, upserts, places, together]) part(site);
}

function outcomes(site: () => DatabaseSite): void {
  test("what the work resolves to is what the call resolves to, all tables committed at once", async () => {
    const database = site().open();
    const result = await database.write(async ({ upsert, db }) => {
      await upsert(operationsPlan, [operationOf(1)]);
      await upsert(alertsPlan, rowsOf(3));
      await db.deleteFrom("alerts").where("alert_id", "=", first).execute();
      return "done";
    });
    expect(result).toBe("done");
    expect([await storedIn(database, "alerts"), await storedIn(database, "operations")]).toEqual([2, 1]);
  });

  test.each([
    new Error("no more"),
    new AuditFlowError("conflicting_alert", "no more"),
    Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
    new TypeError("our own fault"),
  ])("an error of the work passes through as it is and leaves nothing: %s", async (error) => {
    const database = site().open();
    const write = database.write(async ({ upsert }) => {
      await upsert(operationsPlan, [operationOf(1)]);
      await upsert(alertsPlan, rowsOf(3));
      throw error;
    });
    expect(await write.catch((caught: unknown) => ({ caught }))).toEqual({ caught: error });
    expect([await storedIn(database, "alerts"), await storedIn(database, "operations")]).toEqual([0, 0]);
    expect(database.health().status).toBe("pass");
  });

  test("a value that is refused rejects with RowRefused and leaves nothing", async () => {
    const database = site().open();
    const write = database.write(async ({ upsert }) => {
      await upsert(alertsPlan, rowsOf(3));
      await upsert(operationsPlan, [{ ...operationOf(1), who: null as never }]);
    });
    await expect(write).rejects.toBeInstanceOf(RowRefused);
    expect(await storedIn(database, "alerts")).toBe(0);
    expect(database.health().status).toBe("pass");
  });

  test("a statement that failed dooms its transaction, also when the work does not mind", async () => {
    const database = site().open();
    const write = database.write(async ({ upsert, db }) => {
      await upsert(alertsPlan, rowsOf(3));
      const odd = { ...operationOf(1), who: null as never };
      await db
        .insertInto("operations")
        .values(odd)
        .execute()
        .catch(() => undefined);
      await upsert(alertsPlan, [alertRowOf(9)]).catch(() => undefined);
    });
    await expect(write).rejects.toBeInstanceOf(RowRefused);
    expect(await storedIn(database, "alerts")).toBe(0);
    expect((await upsertRows(database, alertsPlan, rowsOf(3))).written).toHaveLength(3);
  });
}

function conflicts(site: () => DatabaseSite): void {
  test("a WriteConflict has the work run again, with nothing left of what it did before", async () => {
    const database = site().open();
    let runs = 0;
    const seen = await database.write(async ({ upsert }) => {
      runs += 1;
      const outcome = await upsert(alertsPlan, [alertRowOf(1)]);
      if (runs < 4) throw new WriteConflict();
      return outcome;
    });
    expect([...seen]).toEqual([[first, "inserted"]]);
    expect(runs).toBe(4);
  });

  test("work that conflicts for ever runs again five times, then the database is unavailable", async () => {
    const database = site().open();
    let runs = 0;
    const write = database.write(async ({ upsert }) => {
      runs += 1;
      await upsert(alertsPlan, [alertRowOf(1)]);
      throw new WriteConflict();
    });
    await expect(write).rejects.toMatchObject(unavailable);
    expect(runs).toBe(6);
    expect(await storedIn(database, "alerts")).toBe(0);
    expect(database.health().status).toBe("pass");
  });

  test("transactions at once over the same rows in opposite order all succeed", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, rowsOf(4));
    const ids = rowsOf(4).map(({ alert_id }) => alert_id);
    const touch = (order: readonly string[]): Promise<void> =>
      database.write(async ({ db }) => {
        for (const id of order) {
          const counted = db.updateTable("alerts").set((eb) => ({ count: eb("count", "+", 1) }));
          await counted.where("alert_id", "=", id).execute();
        }
      });
    await Promise.all([touch(ids), touch(ids.toReversed()), touch(ids), touch(ids.toReversed())]);
    const counts = await database.reader.selectFrom("alerts").select("count").execute();
    expect(counts).toEqual(ids.map(() => ({ count: 5 })));
  });

  test("with a snapshot, what two read and then write is never lost", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1, { count: 0 })]);
    for (let round = 0; round < 10; round += 1) {
      const both = [1, 2].map(() => database.write(countUp, { snapshot: true }));
      await Promise.all(both);
    }
    const query = database.reader.selectFrom("alerts").select("count");
    expect(await query.executeTakeFirst()).toEqual({ count: 20 });
  });
}

function upserts(site: () => DatabaseSite): void {
  test("an upsert tells what it inserted from what it replaced, and is silent on the rest", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1), alertRowOf(2, { revision: 5 })]);
    const rows = [1, 2, 3].map((n) => alertRowOf(n, { revision: 2 }));
    const [before, after] = await database.write(async ({ upsert }) => [
      await upsert(alertsPlan, rows),
      await upsert(
        alertsPlan,
        rows.map((row) => ({ ...row, revision: 3 })),
      ),
    ]);
    const ids = rows.map(({ alert_id }) => alert_id);
    expect(new Map(before)).toEqual(
      new Map([
        [ids[0], "updated"],
        [ids[2], "inserted"],
      ]),
    );
    expect(new Map(after)).toEqual(
      new Map([
        [ids[0], "updated"],
        [ids[2], "updated"],
      ]),
    );
  });

  test("columns that are kept survive a replacement, and are written with a new row", async () => {
    const database = site().open();
    const keeping = { ...alertsPlan, keeps: ["status", "assignee", "version"] } as const;
    await upsertRows(database, keeping, [alertRowOf(1, { status: "closed", assignee: "ada", version: 7 })]);
    await upsertRows(database, keeping, [alertRowOf(1, { revision: 2, severity: "LOW" })]);
    const stored = database.reader.selectFrom("alerts").select(["revision", "severity", "status"]);
    expect(await stored.select(["assignee", "version"]).execute()).toEqual([
      { revision: 2, severity: "LOW", status: "closed", assignee: "ada", version: 7 },
    ]);
  });
}

async function horizonOf(database: Database): Promise<number> {
  const query = database.reader.selectNoFrom(database.settledBefore().as("horizon"));
  return (await query.executeTakeFirstOrThrow()).horizon;
}

async function placeOf({ db, position }: Transaction): Promise<number> {
  const { rows } = await sql<{ place: number }>`select ${position()} as place`.execute(db);
  return rows[0]?.place ?? Number.NaN;
}

function places(site: () => DatabaseSite): void {
  test("all that a transaction writes has one place, which is settled once it is committed", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1), alertRowOf(2)]);
    const place = await database.write(async (transaction) => {
      const { db, upsert, position } = transaction;
      const moved = sql`update alerts set status = 'closed', position = ${position()} where alert_id = ${first}`;
      await moved.execute(db);
      await upsert(alertsPlan, [alertRowOf(2, { revision: 2 }), alertRowOf(3)]);
      await upsert(alertsPlan, [alertRowOf(4)]);
      expect(await horizonOf(database)).toBeLessThanOrEqual(await placeOf(transaction));
      // The reader sees what was committed, and nothing else.
      const open = database.reader.selectFrom("alerts").select("alert_id").where("status", "=", "closed");
      expect([await open.execute(), await storedIn(database, "alerts")]).toEqual([[], 2]);
      return await placeOf(transaction);
    });
    const stored = await database.reader.selectFrom("alerts").select("position").execute();
    expect(stored).toEqual([1, 2, 3, 4].map(() => ({ position: place })));
    await until(async () => (await horizonOf(database)) > place, "it is settled");
    expect(await database.write(placeOf)).toBeGreaterThan(place);
  });

  test("a place that was taken by hand is not given out again", async () => {
    const database = site().open();
    const taken: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      await database.write(async ({ db, upsert, position }) => {
        await upsert(operationsPlan, [operationOf(n)]);
        await sql`update alerts set position = ${position()}`.execute(db);
      });
      taken.push(await database.write(placeOf));
    }
    expect(taken).toEqual([...new Set(taken)].toSorted((a, b) => a - b));
  });
}

function together(site: () => DatabaseSite): void {
  test("a write that comes while another transaction is open succeeds, and so does the other", async () => {
    const databases = [site().open(), site().open()];
    await Promise.all(databases.map((database) => database.write(async () => undefined)));
    const goOn = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = databases[0]!.write(async ({ upsert }) => {
      await upsert(alertsPlan, [alertRowOf(1)]);
      begun.resolve();
      await goOn.promise;
      await upsert(alertsPlan, [alertRowOf(2)]);
    });
    await begun.promise;
    const quick = databases.map((database, n) => upsertRows(database, alertsPlan, [alertRowOf(3 + n)]));
    await new Promise(setImmediate);
    goOn.resolve();
    await Promise.all([slow, ...quick]);
    expect(await storedIn(databases[1]!, "alerts")).toBe(4);
  });

  test("stop waits for a transaction in hand, which is committed", async () => {
    const database = site().open();
    const goOn = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const write = database.write(async ({ upsert }) => {
      await upsert(alertsPlan, [alertRowOf(1)]);
      begun.resolve();
      await goOn.promise;
      await upsert(alertsPlan, [alertRowOf(2)]);
    });
    await begun.promise;
    const stopped = database.stop();
    await expect(database.write(async () => undefined)).rejects.toMatchObject(unavailable);
    goOn.resolve();
    await Promise.all([write, stopped]);
    expect(await storedIn(site().open(), "alerts")).toBe(2);
  });
}
