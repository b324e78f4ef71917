import { expect, test } from "vitest";
import { alertRowOf, alertsPlan, rowsOf } from "../../testing/alert-rows.ts";
import { type PostgresSite, postgresSite } from "../../testing/database-sites.ts";
import { postgresSchemaQuery } from "../../testing/schema-dump.ts";
import { until } from "../../testing/until.ts";
import { databaseContract } from "./contract.ts";
import { migrationNames } from "./migrate.ts";
import { postgresFault } from "./postgres-fault.ts";
import { upsertRows } from "./upsert-rows.ts";

databaseContract("PostgreSQL", postgresSite);

const unavailable = { code: "database_unavailable", retryable: true };

async function onSite(work: (site: PostgresSite) => Promise<void>): Promise<void> {
  const site = await postgresSite();
  try {
    await work(site);
  } finally {
    await site.end();
  }
}

test("rows that only the server can refuse are bisected out of their batch", () =>
  onSite(async (site) => {
    const database = site.open();
    await upsertRows(database, alertsPlan, [alertRowOf(1000)]);
    await site.run(`alter table ${site.schema}.alerts add constraint no_bad check (rule_id <> 'bad')`);
    const rows = rowsOf(500).map((row, n) => (n % 100 === 42 ? { ...row, rule_id: "bad" } : row));
    const { written, refused } = await upsertRows(database, alertsPlan, rows);
    expect(refused.map(({ index }) => index)).toEqual([42, 142, 242, 342, 442]);
    expect(refused[0]?.reason).toContain("no_bad");
    expect(written).toHaveLength(495);
  }));

test("replicas that start at once migrate once, and none of them fails", () =>
  onSite(async (site) => {
    const replicas = Array.from({ length: 5 }, () => site.open());
    await Promise.all(replicas.map((database, n) => upsertRows(database, alertsPlan, [alertRowOf(n)])));
    const { rows } = await site.run(`select name from ${site.schema}.kysely_migration`);
    expect(rows).toEqual(migrationNames.map((name) => ({ name })));
    expect((await site.run(`select count(*)::int as n from ${site.schema}.alerts`)).rows).toEqual([{ n: 5 }]);
  }));

test("while an older transaction may still commit, nothing that was written after it began is settled", () =>
  onSite(async (site) => {
    const database = site.open();
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    const settled = async (): Promise<string[]> => {
      const query = database.reader.selectFrom("alerts").select("alert_id").orderBy("position");
      return (await query.where("position", "<", database.settledBefore()).execute()).map(
        ({ alert_id }) => alert_id,
      );
    };
    const ids = [1, 2, 3].map((n) => alertRowOf(n).alert_id);
    await until(async () => (await settled()).length === 1, "the first is settled");
    await site.run(`begin; insert into ${site.schema}.alerts
      (alert_id, revision, at, severity, rule_id, summary, body, position)
      select '${ids[1]}', 1, 0, 'LOW', 'r', '{}', '{}', pg_current_xact_id()::text::bigint`);
    await upsertRows(database, alertsPlan, [alertRowOf(3)]);
    expect(await settled()).toEqual([ids[0]]);
    await site.run("commit");
    await until(async () => (await settled()).length === 3, "all are settled");
    expect(await settled()).toEqual(ids);
  }));

test("tables that a newer version has migrated further are used as they are", () =>
  onSite(async (site) => {
    const first = site.open();
    await upsertRows(first, alertsPlan, [alertRowOf(1)]);
    await first.stop();
    await site.run(`insert into ${site.schema}.kysely_migration values ('9999-of-the-future', 'now')`);
    expect(await upsertRows(site.open(), alertsPlan, [alertRowOf(2)])).toEqual({ written: [0], refused: [] });
  }));

test("the tables are those of the golden file", () =>
  onSite(async (site) => {
    await site.open().write(async () => undefined);
    const { rows } = await site.run(postgresSchemaQuery(site.schema));
    await expect(rows.map(({ line }) => `${line};\n`).join("")).toMatchFileSnapshot("schema.postgres.sql");
  }));

test("in a black hole calls meet their deadline, health tells, and it heals by itself", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(1000);
    await upsertRows(database, alertsPlan, rowsOf(3));
    await proxy.mode("drop");
    const read = database.reader.selectFrom("alerts").selectAll().execute();
    await Promise.all([
      expect(upsertRows(database, alertsPlan, [alertRowOf(4)])).rejects.toMatchObject(unavailable),
      expect(read).rejects.toMatchObject(unavailable),
    ]);
    expect(database.health().status).toBe("fail");
    await proxy.mode("pass");
    await until(() => database.health().status === "pass", "it is up");
    expect((await upsertRows(database, alertsPlan, [alertRowOf(4)])).refused).toEqual([]);
  }));

test("a black hole is noticed by a question, also while nobody reads or writes", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(8000);
    await upsertRows(database, alertsPlan, rowsOf(1));
    await until(() => database.health().latency_ms, "it was asked");
    await proxy.mode("drop");
    await until(() => database.health().status === "fail", "it is down");
    expect(database.health()).toMatchObject({
      last_error: "no answer within 2000 ms",
      next_try_at: expect.stringMatching(/Z$/) as string,
    });
    await proxy.mode("pass");
    await until(() => database.health().status === "pass", "it is up");
  }));

test("a connection that is lost again and again is opened anew after pauses that grow", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(8000);
    await upsertRows(database, alertsPlan, rowsOf(1));
    let losses = 0;
    for (; losses < 4; losses += 1) {
      await until(() => database.health().status === "pass", "it is up");
      proxy.resetAll();
      await until(() => database.health().status === "fail", "it is lost");
    }
    const { next_try_at = "" } = database.health();
    expect(Date.parse(next_try_at)).toBeGreaterThan(Date.now());
    await until(() => database.health().status === "pass", "it is up");
  }));

test("in the middle of a transaction a black hole meets the deadline too, and leaves nothing", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(1000);
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    const write = database.write(async ({ upsert }) => {
      await upsert(alertsPlan, [alertRowOf(2)]);
      await proxy.mode("drop");
      await upsert(alertsPlan, [alertRowOf(3)]);
    });
    await expect(write).rejects.toMatchObject(unavailable);
    expect(database.health().status).toBe("fail");
    await proxy.mode("pass");
    await until(() => database.health().status === "pass", "it is up");
    await upsertRows(database, alertsPlan, [alertRowOf(2), alertRowOf(4)]);
    const { rows } = await site.run(`select count(*)::int as n from ${site.schema}.alerts`);
    expect(rows).toEqual([{ n: 3 }]);
  }));

test("an error of the work passes through, also when the server is not there to roll back", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(500);
    const own = new Error("no more");
    const write = database.write(async ({ upsert }) => {
      await upsert(alertsPlan, [alertRowOf(1)]);
      await proxy.mode("drop");
      throw own;
    });
    expect(await write.catch((error: unknown) => error)).toBe(own);
    await proxy.mode("pass");
    await until(() => database.health().status === "pass", "it is up");
    expect((await upsertRows(database, alertsPlan, [alertRowOf(1)])).written).toEqual([0]);
  }));

test("two transactions that wait for each other both succeed: the one that the server ends runs again", () =>
  onSite(async (site) => {
    const database = site.open();
    await upsertRows(database, alertsPlan, rowsOf(2));
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const touch = (mine: 0 | 1): Promise<void> =>
      database.write(async ({ db }) => {
        runs += 1;
        for (const n of [mine, 1 - mine]) {
          const counted = db.updateTable("alerts").set((eb) => ({ count: eb("count", "+", 1) }));
          await counted.where("alert_id", "=", alertRowOf(n).alert_id).execute();
          held[mine]?.resolve();
          await held[1 - mine]?.promise;
        }
      });
    await Promise.all([touch(0), touch(1)]);
    expect(runs).toBe(3);
    const counts = await database.reader.selectFrom("alerts").select("count").execute();
    expect(counts).toEqual([{ count: 3 }, { count: 3 }]);
  }));

test("a transaction that nobody goes on with is ended by the server, and holds up nobody", () =>
  onSite(async (site) => {
    const { database } = await site.openThroughProxy(500);
    const goOn = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const write = database.write(async ({ upsert }) => {
      await upsert(alertsPlan, [alertRowOf(1)]);
      begun.resolve();
      await goOn.promise;
      await upsert(alertsPlan, [alertRowOf(2)]);
    });
    await begun.promise;
    const held = `select 1 from pg_locks where relation = '${site.schema}.alerts'::regclass`;
    await until(async () => (await site.run(held)).rows.length === 0, "its locks are gone");
    goOn.resolve();
    await expect(write).rejects.toMatchObject(unavailable);
    await until(() => database.health().status === "pass", "it is up");
    expect((await upsertRows(database, alertsPlan, [alertRowOf(1)])).written).toEqual([0]);
  }));

test("stop ends in a black hole, with a call in hand and connections open", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(60_000);
    await upsertRows(database, alertsPlan, rowsOf(3));
    const open = proxy.connections();
    await proxy.mode("drop");
    const call = upsertRows(database, alertsPlan, [alertRowOf(4)]).catch((error: unknown) => error);
    await database.stop();
    expect(await call).toMatchObject(unavailable);
    // Ours are closed; those from the proxy to the server stay, for nobody told it.
    await until(() => proxy.connections() <= open / 2, "our connections are closed");
  }));

test("a server that takes connections and never answers is down, and stop ends all the same", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(1000);
    await database.stop();
    await proxy.mode("drop");
    const late = site.openAt(proxy);
    await expect(upsertRows(late, alertsPlan, [alertRowOf(1)])).rejects.toMatchObject(unavailable);
    await late.stop();
  }));

test("connections reset again and again only ever cost a retry", () =>
  onSite(async (site) => {
    const { database, proxy } = await site.openThroughProxy(5000);
    await database.write(async () => undefined);
    let refusals = 0;
    const store = async (n: number): Promise<void> => {
      await upsertRows(database, alertsPlan, [alertRowOf(n)]).catch(async (error) => {
        expect(error).toMatchObject(unavailable);
        refusals += 1;
        await until(() => database.health().status === "pass", "it is up");
        await store(n);
      });
    };
    for (let n = 0; n < 60; n += 1) {
      if (n % 20 === 10) proxy.resetAll();
      await store(n);
    }
    expect(refusals).toBeGreaterThan(0);
    expect((await site.run(`select count(*)::int as n from ${site.schema}.alerts`)).rows).toEqual([
      { n: 60 },
    ]);
  }));

test("backends terminated by an administrator are replaced", () =>
  onSite(async (site) => {
    const database = site.open();
    await upsertRows(database, alertsPlan, [alertRowOf(1)]);
    await site.run(`select pg_terminate_backend(pid) from pg_stat_activity
      where query like '%${site.schema}%' and pid <> pg_backend_pid()`);
    const isStored = async (): Promise<boolean> => {
      const outcome = await upsertRows(database, alertsPlan, [alertRowOf(2)]).catch(() => undefined);
      return outcome !== undefined;
    };
    await until(isStored, "the row is stored");
  }));

test.each([
  [{ code: "22P05" }, "bad_row"],
  [{ code: "23514" }, "bad_row"],
  [{ code: "54000" }, "bad_row"],
  [{ code: "40P01" }, "try_again"],
  [{ code: "53300" }, "try_again"],
  [{ code: "57014" }, "try_again"],
  [{ code: "57P01" }, "down"],
  [{ code: "08006" }, "down"],
  [{ code: "42P01" }, "down"],
  [{ code: "ECONNREFUSED" }, "down"],
  [new Error("Query read timeout"), "down"],
])("%o is treated as %s", (error, fault) => {
  expect(postgresFault(error)).toBe(fault);
});
