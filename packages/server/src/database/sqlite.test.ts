import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { alertRowOf, alertsPlan, rowsOf } from "../../testing/alert-rows.ts";
import { sqliteSite } from "../../testing/database-sites.ts";
import { sqliteSchemaQuery } from "../../testing/schema-dump.ts";
import { until } from "../../testing/until.ts";
import { databaseContract } from "./contract.ts";
import { bindable } from "./sqlite-dialect.ts";
import { upsertRows } from "./upsert-rows.ts";

const unavailable = { code: "database_unavailable", retryable: true };

databaseContract("SQLite", sqliteSite);

const child = fileURLToPath(new URL("../../testing/upsert-forever.ts", import.meta.url));

async function lastAcknowledged(path: string, first: number): Promise<number> {
  const args = ["--conditions=auditflow-source", child, path, String(first)];
  const writing = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(writing, "exit");
  let last = first - 1;
  let batches = 0;
  for await (const line of createInterface({ input: writing.stdout })) {
    last = Number(line);
    batches += 1;
    if (batches === 30) writing.kill("SIGKILL");
  }
  expect((await exited)[1]).toBe("SIGKILL");
  return last;
}

test("killing the process in the middle of writes loses nothing that was acknowledged", async () => {
  const site = await sqliteSite();
  let next = 0;
  for (let round = 0; round < 3; round += 1) next = (await lastAcknowledged(site.path, next)) + 1;
  expect(next).toBeGreaterThanOrEqual(1800);
  const file = new DatabaseSync(site.path, { readOnly: true });
  expect(file.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
  expect(file.prepare("select count(*) as n from alerts where at < ?").get(next)).toEqual({ n: next });
  file.close();
  await site.end();
});

test("queries that take too long are refused, and reading goes on when they have ended", async () => {
  const site = await sqliteSite();
  const database = site.openHasty(500);
  const quick = sql`select 1 as one`;
  await until(() => quick.execute(database.reader).catch(() => undefined), "a thread has started");
  const slow = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000000)
    select count(*) from n`;
  const outcomes = [1, 2, 3].map(() => slow.execute(database.reader).catch((error: unknown) => error));
  for (const outcome of await Promise.all(outcomes))
    expect(outcome).toMatchObject({ code: "database_unavailable" });
  const { rows } = await until(
    () => quick.execute(database.reader).catch(() => undefined),
    "reading goes on",
  );
  expect(rows).toEqual([{ one: 1 }]);
  await site.end();
});

test("transactions run one after the other, in the order of the calls", async () => {
  const site = await sqliteSite();
  const database = site.open();
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise(setImmediate);
    order.push(`${name} ends`);
  };
  await Promise.all(["a", "b", "c"].map((name) => database.write(work(name))));
  expect(order).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
  await site.end();
});

test("a write that waits too long for another is refused, does not run, and the next goes on", async () => {
  const site = await sqliteSite();
  const database = site.openHasty(100);
  await database.write(async () => undefined);
  const goOn = Promise.withResolvers<void>();
  let late = 0;
  const slow = database.write(() => goOn.promise);
  const waiting = database.write(async () => {
    late += 1;
  });
  await expect(waiting).rejects.toMatchObject(unavailable);
  goOn.resolve();
  await slow;
  await database.write(async () => undefined);
  expect([late, database.health().status]).toEqual([0, "pass"]);
  await site.end();
});

test("a write within a write is refused after its deadline, and nothing hangs", async () => {
  const site = await sqliteSite();
  const database = site.openHasty(100);
  const nested = database.write(() => database.write(async () => undefined));
  await expect(nested).rejects.toMatchObject(unavailable);
  await database.write(async () => undefined);
  await site.end();
});

test("on a full disk nothing of a transaction stays, and writing goes on when there is room", async () => {
  const site = await sqliteSite();
  const database = site.open();
  const write = database.write(async ({ db, upsert }) => {
    await upsert(alertsPlan, [alertRowOf(0)]);
    await sql`pragma max_page_count = 1`.execute(db);
    await upsert(alertsPlan, rowsOf(5000)).catch(() => undefined);
    // SQLite has rolled back by itself; this must not be committed on its own.
    await upsert(alertsPlan, [alertRowOf(1)]);
  });
  await expect(write).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining("full") });
  await until(() => database.health().status === "pass", "it is open again");
  expect((await upsertRows(database, alertsPlan, rowsOf(1000))).written).toHaveLength(1000);
  await site.end();
});

test("a file that is removed while it is in use is down and not made anew; put back, it works again", async () => {
  const site = await sqliteSite();
  const database = site.open();
  await upsertRows(database, alertsPlan, [alertRowOf(1)]);
  await until(() => database.health().latency_ms, "it was asked");
  await rename(site.path, `${site.path}.away`);
  await until(() => database.health().status === "fail", "it is down");
  expect(database.health().last_error).toContain("was removed or replaced");
  await expect(upsertRows(database, alertsPlan, [alertRowOf(2)])).rejects.toMatchObject(unavailable);
  expect(existsSync(site.path)).toBe(false);
  await rename(`${site.path}.away`, site.path);
  await until(() => database.health().status === "pass", "it is up");
  expect((await upsertRows(database, alertsPlan, [alertRowOf(2)])).written).toEqual([0]);
  await site.end();
});

test("the tables are those of the golden file", async () => {
  const site = await sqliteSite();
  const database = site.open();
  await until(() => database.health().status === "pass", "it is up");
  const file = new DatabaseSync(site.path, { readOnly: true });
  const lines = file.prepare(sqliteSchemaQuery).all();
  file.close();
  await expect(lines.map(({ line }) => `${String(line)};\n`).join("")).toMatchFileSnapshot(
    "schema.sqlite.sql",
  );
  await site.end();
});

test("values that the driver would write as NULL are refused", () => {
  expect(bindable([true, false, null, "a", 1, 2n])).toEqual([1, 0, null, "a", 1, 2n]);
  for (const value of [new Date(0), {}, [], undefined, Symbol("a")])
    expect(() => bindable([value])).toThrow(TypeError);
});
