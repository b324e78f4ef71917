import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alertRowOf, alertsPlan, rowsOf } from "../../testing/alert-rows.ts";
import { givenRowsAndTexts } from "../../testing/database-given.ts";
import { oldData } from "../../testing/database-migrations.ts";
import type { DatabaseSite } from "../../testing/database-site.ts";
import { transactions } from "../../testing/database-transactions.ts";
import { until } from "../../testing/until.ts";
import type { Database } from "./database.ts";
import { prune } from "./prune.ts";
import type { AlertRow } from "./schema.ts";
import { upsertRows } from "./upsert-rows.ts";

export type { DatabaseSite } from "../../testing/database-site.ts";

async function countOf(database: Database): Promise<number> {
  const counted = database.reader.selectFrom("alerts").select((eb) => eb.fn.countAll<number>().as("n"));
  return (await counted.executeTakeFirstOrThrow()).n;
}

async function revisionOf(database: Database, id: string): Promise<number | undefined> {
  const query = database.reader.selectFrom("alerts").select("revision").where("alert_id", "=", id);
  return (await query.executeTakeFirst())?.revision;
}

const badRows: Readonly<Record<string, Partial<AlertRow>>> = {
  "NUL in a text": { rule_id: "a\0b" },
  "NUL escaped in JSON": { body: '{"a":"\\u0000"}' },
  "NUL in a key of JSON": { body: '{"\\u0000":1}' },
  "a lone surrogate in a text": { severity: "\ud800" },
  "a lone surrogate escaped in JSON": { summary: '{"a":"\\udc00"}' },
  "broken JSON": { body: '{"a":' },
  "a revision beyond 32 bits": { revision: 2 ** 31 },
  "a time beyond 2^53": { at: 2 ** 60 },
  "a time that is no number": { at: Number.NaN },
  "a malformed UUID": { merged_into: "not-a-uuid" },
  "a text that is too long to be indexed": { rule_id: "x".repeat(5000) },
};

function refusals(site: () => DatabaseSite): void {
  test.each(Object.entries(badRows))("one row with %s among 500 is refused alone", async (_kind, bad) => {
    const database = site().open();
    const rows = rowsOf(500).with(217, alertRowOf(217, bad));
    const { written, refused } = await upsertRows(database, alertsPlan, rows);
    expect(refused).toEqual([{ index: 217, reason: expect.stringMatching(/.{10}/) }]);
    expect(written).toHaveLength(499);
    expect(await countOf(database)).toBe(499);
  });

  test("text that merely looks like an escape or a huge number is kept as it is", async () => {
    const database = site().open();
    const body = JSON.stringify({ path: "C:\\u0000", hash: "0e462097431906509019562988736854", pair: "😀" });
    const rows = [alertRowOf(1, { body }), alertRowOf(2, { body: '{"pair":"\\ud83d\\ude00"}' })];
    expect((await upsertRows(database, alertsPlan, rows)).refused).toEqual([]);
    const stored = await database.reader.selectFrom("alerts").select("body").orderBy("alert_id").execute();
    expect(stored.map((row) => JSON.parse(row.body))).toEqual([JSON.parse(body), { pair: "😀" }]);
  });

  test("a refused newest revision leaves its place to the older one", async () => {
    const database = site().open();
    const rows = [alertRowOf(1), alertRowOf(1, { revision: 2, body: "{" })];
    const { written, refused } = await upsertRows(database, alertsPlan, rows);
    expect([written, refused.map(({ index }) => index)]).toEqual([[0], [1]]);
    expect(await revisionOf(database, alertRowOf(1).alert_id)).toBe(1);
  });
}

function revisions(site: () => DatabaseSite): void {
  const { alert_id } = alertRowOf(1);

  test.each([
    [1, 2],
    [2, 1],
  ])("of revisions %i and %i in one call the higher is stored", async (first, second) => {
    const database = site().open();
    const rows = [alertRowOf(1, { revision: first }), alertRowOf(1, { revision: second })];
    expect(await upsertRows(database, alertsPlan, rows)).toEqual({
      written: [first > second ? 0 : 1],
      refused: [],
    });
    expect(await revisionOf(database, alert_id)).toBe(2);
  });

  test("an equal or lower revision that comes later changes nothing, a higher one everything", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1, { revision: 5 })]);
    for (const revision of [5, 4]) {
      const outcome = await upsertRows(database, alertsPlan, [alertRowOf(1, { revision, severity: "LOW" })]);
      expect(outcome).toEqual({ written: [], refused: [] });
    }
    const next = alertRowOf(1, { revision: 6, severity: "LOW", merged_into: alertRowOf(2).alert_id, at: -5 });
    expect((await upsertRows(database, alertsPlan, [next])).written).toEqual([0]);
    const stored = await database.reader.selectFrom("alerts").selectAll().executeTakeFirstOrThrow();
    expect({ ...stored, body: JSON.parse(stored.body), position: 0 }).toEqual({
      ...next,
      body: JSON.parse(next.body),
    });
  });

  test("without a newer column the first row of a key stays", async () => {
    const database = site().open();
    const first = { ...alertsPlan, newer: undefined };
    const outcome = await upsertRows(database, first, [alertRowOf(1), alertRowOf(1, { revision: 9 })]);
    expect(outcome.written).toEqual([0]);
    await upsertRows(database, first, [alertRowOf(1, { revision: 9 })]);
    expect(await revisionOf(database, alert_id)).toBe(1);
  });

  test("rows that are megabytes together are stored by one call", async () => {
    const database = site().open();
    const body = JSON.stringify({ text: "x".repeat(3_000_000) });
    const rows = rowsOf(12).map((row) => ({ ...row, body }));
    expect((await upsertRows(database, alertsPlan, rows)).written).toHaveLength(12);
    expect(await countOf(database)).toBe(12);
  });

  test("no rows are no work", async () => {
    expect(await upsertRows(site().open(), alertsPlan, [])).toEqual({ written: [], refused: [] });
  });
}

function concurrency(site: () => DatabaseSite): void {
  test("twenty calls at once over the same ids in opposite order all succeed", async () => {
    const database = site().open();
    const calls = Array.from({ length: 20 }, (_, call) => {
      const rows = rowsOf(200).map((row) => ({ ...row, revision: call + 1 }));
      return upsertRows(database, alertsPlan, call % 2 === 0 ? rows : rows.reverse());
    });
    for (const { refused } of await Promise.all(calls)) expect(refused).toEqual([]);
    const lowest = database.reader.selectFrom("alerts").select((eb) => eb.fn.min("revision").as("revision"));
    expect(await lowest.executeTakeFirst()).toEqual({ revision: 20 });
    expect(await countOf(database)).toBe(200);
  });

  test("the reader sees every row as soon as its call resolved", async () => {
    const database = site().open();
    for (let n = 1; n <= 50; n += 1) {
      await upsertRows(database, alertsPlan, [alertRowOf(n)]);
      expect(await countOf(database)).toBe(n);
    }
  });

  test("writes and short reads go on while a long read runs", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(0)]);
    // Both reading threads have started, where there are such, and both connections are open.
    await Promise.all([countOf(database), countOf(database)]);
    const order: string[] = [];
    const counting = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000000)
      select count(*) as c from n`;
    const long = counting.execute(database.reader).then(() => order.push("long read"));
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    order.push("write");
    expect(await countOf(database)).toBe(2);
    order.push("short read");
    await long;
    expect(order).toEqual(["write", "short read", "long read"]);
  });
}

function queries(site: () => DatabaseSite): void {
  test("a bucket starts at a multiple of its width", async () => {
    const database = site().open();
    const times = [-60_001, -60_000, -1, 0, 1, 59_999, 60_000, 60_001, 1_700_000_012_345];
    await upsertRows(
      database,
      alertsPlan,
      times.map((at, n) => alertRowOf(n, { at })),
    );
    const rows = await database.reader
      .selectFrom("alerts")
      .select((eb) => ["at", database.bucket(eb.ref("at"), 60_000).as("bucket")])
      .orderBy("at")
      .execute();
    expect(rows).toEqual(times.map((at) => ({ at, bucket: Math.floor(at / 60_000) * 60_000 })));
  });

  test("pruning deletes the oldest rows through the one named, and no others", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, rowsOf(1500));
    const { at, alert_id } = alertRowOf(1200);
    const old = { table: "alerts", key: "alert_id", through: { at, key: alert_id } } as const;
    expect(await prune(database, old)).toBe(1201);
    expect(await prune(database, old)).toBe(0);
    expect(await countOf(database)).toBe(299);
  });

  test("a value that would be written as something else is refused by the reader", async () => {
    const { reader } = site().open();
    const odd = reader
      .selectFrom("alerts")
      .select("at")
      .where("at", "=", "tomorrow" as never);
    await odd.execute().then(
      (rows) => expect(rows).toEqual([]),
      (error) => expect(error.message).toMatch(/bigint/),
    );
  });
}

/** A row as a follower saw it. */
interface Seen {
  readonly alert_id: string;
  readonly revision: number;
  readonly position: number;
}

/** One page of rows after a place in the order of (position, key), below the horizon. */
async function follow(database: Database, after: Seen | undefined): Promise<Seen[]> {
  let query = database.reader.selectFrom("alerts").select(["alert_id", "revision", "position"]);
  if (after !== undefined) {
    query = query.where((eb) =>
      eb(eb.refTuple("position", "alert_id"), ">", eb.tuple(after.position, after.alert_id)),
    );
  }
  const settled = query.where("position", "<", database.settledBefore());
  return await settled.orderBy("position").orderBy("alert_id").limit(37).execute();
}

async function horizonOf(database: Database): Promise<number> {
  const query = database.reader.selectNoFrom(database.settledBefore().as("horizon"));
  return (await query.executeTakeFirstOrThrow()).horizon;
}

function positions(site: () => DatabaseSite): void {
  test("a follower of several writers sees each row's last revision, no revision twice, none missed", async () => {
    const databases: Database[] = [];
    while (databases.length < 4) {
      const database = site().open();
      await database.write(async () => undefined);
      databases.push(database);
    }
    const reader = databases.pop()!;
    const last = new Map<string, number>();
    const write = async (database: Database, offset: number): Promise<void> => {
      for (let round = 1; round <= 25; round += 1) {
        const rows = Array.from({ length: 40 }, (_, n) =>
          alertRowOf((n * 7 + offset * round) % 200, { revision: round * 3 + offset }),
        );
        for (const { alert_id, revision } of rows)
          last.set(alert_id, Math.max(revision, last.get(alert_id) ?? 0));
        await upsertRows(database, alertsPlan, rows);
      }
    };
    const writing = Promise.all(databases.map(write));
    const seen: Seen[] = [];
    const isAllSeen = (): boolean => {
      const newest = new Map(seen.map(({ alert_id, revision }) => [alert_id, revision]));
      return [...last].every(([id, revision]) => newest.get(id) === revision);
    };
    let isWritten = false;
    void writing.then(() => {
      isWritten = true;
    });
    await until(async () => {
      seen.push(...(await follow(reader, seen.at(-1))));
      return isWritten && isAllSeen();
    }, "the last revision of every row was seen");
    await writing;
    expect(new Set(seen.map(({ alert_id, revision }) => `${alert_id} ${revision}`)).size).toBe(seen.length);
    for (const rows of Map.groupBy(seen, ({ alert_id }) => alert_id).values()) {
      const revisions = rows.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    }
  });

  test("the horizon never shrinks, and no row that is written later stands before it", async () => {
    const database = site().open();
    let before = await horizonOf(database);
    for (let n = 1; n <= 20; n += 1) {
      await upsertRows(database, alertsPlan, [alertRowOf(1, { revision: n }), alertRowOf(n)]);
      const query = database.reader.selectFrom("alerts").select((eb) => eb.fn.max("position").as("last"));
      const { last } = await query.executeTakeFirstOrThrow();
      expect(last).toBeGreaterThanOrEqual(before);
      const horizon = await horizonOf(database);
      expect(horizon).toBeGreaterThanOrEqual(before);
      before = horizon;
    }
  });

  test("no position comes again when the rows that had the last ones are gone", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, rowsOf(3));
    const before = await until(async () => (await follow(database, undefined)).at(-1), "it is settled");
    const { at, alert_id } = alertRowOf(3);
    await prune(database, { table: "alerts", key: "alert_id", through: { at, key: alert_id } });
    await database.stop();
    const again = site().open();
    await upsertRows(again, alertsPlan, [alertRowOf(0)]);
    const after = await until(async () => (await follow(again, undefined)).at(-1), "it is settled");
    expect(after.position).toBeGreaterThan(before.position);
  });

  test("a repetition and a refused row take no position, and the caller's own is not looked at", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(1, { revision: 2, position: 2 ** 40 })]);
    const [stored] = await until(async () => {
      const rows = await follow(database, undefined);
      return rows.length > 0 ? rows : undefined;
    }, "it is settled");
    expect(stored?.position).toBeLessThan(2 ** 40);
    await upsertRows(database, alertsPlan, [
      alertRowOf(1, { revision: 2 }),
      alertRowOf(1),
      alertRowOf(2, { body: "{" }),
    ]);
    expect(await follow(database, undefined)).toEqual([stored]);
  });
}

function life(site: () => DatabaseSite): void {
  test("while it is down calls reject with database_unavailable, and it heals by itself", async () => {
    const { database, heal } = await site().openDown();
    const unavailable = { code: "database_unavailable", retryable: true };
    await expect(upsertRows(database, alertsPlan, [alertRowOf(1)])).rejects.toMatchObject(unavailable);
    await expect(countOf(database)).rejects.toMatchObject(unavailable);
    expect(database.health()).toMatchObject({ status: "fail", last_error: expect.stringMatching(/\w+/) });
    await until(() => database.health().next_try_at, "health names the next try");
    await heal();
    await until(() => database.health().status === "pass", "it is up");
    expect(database.health()).not.toHaveProperty("last_error");
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    expect(await countOf(database)).toBe(1);
  });

  test("the first call waits for the migration, and a second start finds all as it was", async () => {
    const first = site().open();
    await upsertRows(first, alertsPlan, [alertRowOf(1)]);
    await first.stop();
    expect(await countOf(site().open())).toBe(1);
  });

  test("stop waits for what is in hand, and refuses what comes after", async () => {
    const database = site().open();
    await upsertRows(database, alertsPlan, [alertRowOf(0)]);
    const reading = countOf(database);
    await new Promise(setImmediate);
    const inHand = [upsertRows(database, alertsPlan, rowsOf(300)), reading];
    await Promise.all([database.stop(), database.stop()]);
    await expect(Promise.all(inHand)).resolves.toBeDefined();
    await expect(upsertRows(database, alertsPlan, [alertRowOf(1)])).rejects.toMatchObject({
      code: "database_unavailable",
    });
    await expect(countOf(database)).rejects.toMatchObject({ code: "database_unavailable" });
    expect(await countOf(site().open())).toBe(300);
  });

  test("a database that never came up can be stopped", async () => {
    const { database } = await site().openDown();
    await database.stop();
    expect(database.health().status).toBe("fail");
  });
}

/** What every engine must do, told as tests; `connect` makes a new site for each. */
export function databaseContract(name: string, connect: () => Promise<DatabaseSite>): void {
  describe(`${name} as a database`, () => {
    let current: DatabaseSite;
    beforeEach(async () => {
      current = await connect();
    });
    afterEach(() => current.end());
    const rows = [refusals, revisions, concurrency, queries, positions];
    for (const part of [...rows, transactions, givenRowsAndTexts, oldData, life]) part(() => current);
  });
}
