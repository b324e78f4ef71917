import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "@auditflow/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startFaultProxy, targetOf, throughProxy } from "../../testing/fault-proxy.ts";
import {
  addOldAlerts,
  type ImportRun,
  type LegacySystem,
  startImport,
  startLegacySystem,
} from "../../testing/legacy-system.ts";
import { until } from "../../testing/until.ts";
import { takeDataFolder } from "../app/data-folder.ts";
import { systemClock } from "../app/system-clock.ts";
import type { Database } from "../database/database.ts";
import { postgresDatabase } from "../database/postgres.ts";
import { sqliteDatabase } from "../database/sqlite.ts";

let folder: string;
let system: LegacySystem;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<ImportRun> => startImport([system.url, ...args]).ended;

/** What the run summed up; fails with what it said when it failed. */
function summaryOf({ code, stdout, stderr }: ImportRun): unknown {
  expect(stderr).not.toMatch(/^auditflow: /m);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** Rows as no alert of ours would be, by their numbers, as assignments of SQL. */
const oddities: Readonly<Record<number, string>> = {
  1: `"timestamp" = 'infinity'`,
  2: `"timestamp" = '-infinity'`,
  3: `"timestamp" = '294276-12-31 00:00:00+00'`,
  4: `"timestamp" = '0044-03-15 00:00:00+00 BC'`,
  5: `description = repeat('long ', 300000)`,
  6: `"timestamp" = '0001-01-01 00:00:00+00'`,
  7: `severity = 'warning'`,
  8: `severity = 'Spicy'`,
  9: `received_at = null, description = null, source_service_name = null, rule_id = null, rule_name = null,
      actor_type = null, actor_id = null, client_ip = null, resource_type = null, resource_id = null,
      server_hostname = null, action_observed = null, analysis_rule_details = null, triggered_by_details = null,
      impacted_resource_details = null, metadata = null, raw_event_data = '{}'`,
  10: `client_ip = '2001:db8::/32', triggered_by_details = '{"client_ip": "N/A", "shift": "night"}'`,
  11: `raw_event_data = '{"no": "event", "ratio": 1.50}'`,
  12: `raw_event_data = '{"id": 12345678901234567890}'`,
  13: `raw_event_data = (repeat('[', 200) || repeat(']', 200))::jsonb`,
  14: `metadata = '["only", "a list"]'`,
  15: `metadata = '{"imported_from": "elsewhere"}'`,
  16: `rule_id = repeat('é', 255), actor_id = repeat('😀', 255)`,
  17: `analysis_rule_details = '{"rule_id": "other", "tags": "none", "incident_by": 7, "owner": "ops"}'`,
};
const impossible = 5;

async function makeOdd(): Promise<void> {
  for (const [n, assignments] of Object.entries(oddities)) {
    await system.run(`update alerts set ${assignments} where alert_id = md5('alert' || ${n})::uuid`);
  }
}

describe.each(["SQLite", "PostgreSQL"])("importing 3,000 old alerts into %s", (engine) => {
  const data = mkdtempSync(join(tmpdir(), "auditflow-"));
  let target: string[];
  let database: Database;
  let first: ImportRun;
  const rejects = join(data, "rejects.ndjson");
  beforeAll(async () => {
    system = await startLegacySystem();
    await addOldAlerts(system, 1, 3000);
    await makeOdd();
    const isSqlite = engine === "SQLite";
    target = isSqlite ? ["--data", data, "--json"] : ["--database-url", system.url, "--json"];
    const path = join(data, "auditflow.db");
    database = isSqlite
      ? sqliteDatabase({ path, clock: systemClock })
      : postgresDatabase({ url: system.url, clock: systemClock });
    await database.write(({ db }) => db.insertInto("channels").values(channel).execute());
    first = await run(...target, "--rejects", rejects);
  });
  afterAll(async () => {
    await database.stop();
    await system.end();
    rmSync(data, { recursive: true, force: true });
  });

  async function alertOf(n: number): Promise<Alert> {
    const { rows } = await system.run(`select md5('alert' || $1)::uuid as id`, [n]);
    const { body } = await database.reader
      .selectFrom("alerts")
      .select("body")
      .where("alert_id", "=", rows[0].id)
      .executeTakeFirstOrThrow();
    return JSON.parse(body) as Alert;
  }

  const count = async (table: "alerts" | "deliveries"): Promise<number> => {
    const { n } = await database.reader
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    return n;
  };

  test("an alert says what the old one said, and is found by its rule", async () => {
    expect(await alertOf(2000)).toMatchObject({
      timestamp: "2025-06-10T19:20:00.123Z",
      first_event_at: "2025-06-10T19:19:59.123Z",
      severity: "CRITICAL",
      analysis_rule: {
        rule_id: "ANLY-SEC-001",
        rule_name: "Failed Login Burst Detection",
        version: "legacy",
      },
      triggered_by: { actor_type: "USER", actor_id: "user0", client_ip: "10.0.0.0" },
      count: 1,
      revision: 1,
      raw_event_data: {
        timestamp: "2025-06-10T19:19:59.123Z",
        raw: expect.stringContaining("2025-06-10T19:19:59.123456+00:00Z"),
        logsource: { category: "authentication" },
      },
      metadata: { environment: "DEVELOPMENT", imported_from: "legacy" },
    });
    const named = await database.reader
      .selectFrom("alerts")
      .select(({ fn }) => fn.countAll<number>().as("n"))
      .where("rule_name", "=", "failed login burst detection")
      .executeTakeFirstOrThrow();
    // One of the odd ones names no rule.
    expect(named.n).toBe(3000 - impossible - 1);
  });

  test("what is odd in an old alert is mapped or kept, never dropped", async () => {
    expect((await alertOf(6)).timestamp).toBe("0001-01-01T00:00:00.000Z");
    expect(await alertOf(7)).toMatchObject({ severity: "MEDIUM", metadata: { legacy_severity: "warning" } });
    expect(await alertOf(8)).toMatchObject({ severity: "MEDIUM", metadata: { legacy_severity: "Spicy" } });
    expect(await alertOf(9)).toMatchObject({
      description: "",
      source_service_name: "unknown",
      analysis_rule: { rule_id: "unknown", rule_name: "Multiple Failed Login Attempts" },
      triggered_by: { actor_type: "host", actor_id: "unknown" },
      impacted_resource: { resource_type: "unknown", resource_id: "unknown", server_hostname: "unknown" },
      raw_event_data: null,
      metadata: { imported_from: "legacy" },
    });
    expect((await alertOf(10)).triggered_by).toMatchObject({ client_ip: "2001:db8::/32", shift: "night" });
    const { metadata, raw_event_data, evidence } = await alertOf(11);
    expect([raw_event_data, evidence]).toEqual([null, []]);
    expect(metadata["legacy_raw_event_data"]).toEqual({ no: "event", ratio: 1.5 });
    expect((await alertOf(12)).metadata["legacy_raw_event_data"]).toBe('{"id": 12345678901234567890}');
    expect((await alertOf(13)).metadata["legacy_raw_event_data"]).toBe(
      `${"[".repeat(200)}${"]".repeat(200)}`,
    );
    expect((await alertOf(14)).metadata["legacy_metadata"]).toEqual(["only", "a list"]);
    expect((await alertOf(15)).metadata).toMatchObject({
      imported_from: "legacy",
      legacy_metadata: { imported_from: "elsewhere" },
    });
    expect((await alertOf(16)).triggered_by.actor_id).toBe("😀".repeat(255));
    expect(await alertOf(17)).toMatchObject({
      analysis_rule: { rule_id: "ANLY-SEC-001", tags: [], owner: "ops" },
      metadata: {
        legacy_analysis_rule_details: { rule_id: "other", tags: "none", incident_by: 7, owner: "ops" },
      },
    });
  });

  test("each is there once, a second run changes nothing, and rows added between runs come", async () => {
    const stored = 3000 - impossible;
    expect(summaryOf(first)).toMatchObject({
      total: 3000,
      read: 3000,
      stored,
      unchanged: 0,
      refused: impossible,
      complete: true,
    });
    const refused = readFileSync(rejects, "utf8").trimEnd().split("\n");
    const codes = refused.map((line) => (JSON.parse(line) as { code: string }).code);
    expect(codes.toSorted()).toEqual([...Array(impossible - 1).fill("invalid_alert"), "unstorable_record"]);
    expect(refused.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        alert_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        reason: "Its timestamp 294276-12-31 00:00:00+00 is no time within the years 0001 to 9999",
        row: expect.objectContaining({ severity: "CRITICAL", rule_id: "ANLY-SEC-001" }),
      }),
    );

    await addOldAlerts(system, 3001, 3010);
    await system.run("update alerts set description = 'rewritten' where alert_id = md5('alert100')::uuid");
    const second = await run(...target);
    expect(summaryOf(second)).toMatchObject({
      read: 3010,
      stored: 10,
      unchanged: stored - 1,
      refused: impossible + 1,
    });
    expect(second.stderr).toContain("revision 1 is stored with other content (conflicting_alert)");
    expect(await count("alerts")).toBe(stored + 10);
    expect(await count("deliveries")).toBe(0);
    const { alerts } = await database.reader
      .selectFrom("incidents")
      .select(({ fn }) => fn.sum<number>("alert_count").as("alerts"))
      .executeTakeFirstOrThrow();
    expect(Number(alerts)).toBe(stored + 10);
  });
});

const channel = {
  ...{ channel_id: "0190a000-0000-7000-8000-000000000001", at: 0, name: "all", kind: "log", settings: "{}" },
  ...{ severity: 0, enabled: 1, disabled_reason: null, version: 1 },
};

describe("auditflow import-legacy", () => {
  beforeAll(async () => {
    system = await startLegacySystem();
    await addOldAlerts(system, 1, 300);
    await system.run(`update alerts set ${oddities[1]} where alert_id = md5('alert1')::uuid`);
  });
  afterAll(() => system.end());

  test("a dry run checks everything and stores nothing; --strict makes a refusal a failure", async () => {
    const data = join(folder, "data");
    const { code, stdout, stderr } = await run("--dry-run", "--strict", "--data", data);
    expect(stdout).toMatch(/^300 read, 299 can be stored, 1 refused, \d+\.\d seconds\n$/);
    expect(stderr).toContain(
      "Its timestamp infinity is no time within the years 0001 to 9999 (invalid_alert)",
    );
    expect(code).toBe(1);
    expect(existsSync(data)).toBe(false);
  });

  test("only alerts since a time are read", async () => {
    const summary = summaryOf(await run("--dry-run", "--json", "--since", "2025-06-09T14:00:00Z"));
    // The first is at 10:01, one follows each minute, and one is at the end of all time.
    expect(summary).toMatchObject({ total: 62, storable: 61 });
  });

  test("the address of the old database need not stand on the command line", async () => {
    const file = join(folder, "url");
    writeFileSync(file, `${system.url}\n`);
    const ways = [
      startImport(["--dry-run"], { env: { AUDITFLOW_LEGACY_URL: system.url } }),
      startImport(["--data", join(folder, "data")], { env: { AUDITFLOW_LEGACY_URL_FILE: file } }),
      startImport(["-", "--dry-run"], { input: `${system.url}\n` }),
    ];
    for (const { ended } of ways) expect((await ended).stdout).toContain("300 read, 299");
  });

  test.each([
    ["no address", [], 2, "set AUDITFLOW_LEGACY_URL or AUDITFLOW_LEGACY_URL_FILE"],
    [
      "an address of something else",
      ["mysql://u:secret@h/d"],
      2,
      "write it as postgres://user:password@host:5432/database",
    ],
    [
      "a server that is not there",
      ["postgres://u:secret@127.0.0.1:1/d"],
      1,
      "The old database does not answer",
    ],
    [
      "a time that is none",
      ["postgres://u@h/d", "--since", "2025-02-30"],
      2,
      "has the day 30, which that month does not have",
    ],
    [
      "two places to import into",
      ["--data", "d", "--database-url", "postgres://h/d"],
      2,
      "cannot be used with",
    ],
  ])("%s ends the command with a sentence, and no secret is shown", async (_what, args, code, sentence) => {
    const result = await startImport(args).ended;
    expect(result.stderr).toContain(sentence);
    expect(result.stderr).not.toContain("secret");
    expect(result.code).toBe(code);
  });

  test("a table that is not there, or not the old one, is named", async () => {
    await system.run("create table if not exists strange (alert_id text)");
    const missing = await run("--dry-run", "--table", "nowhere.alerts");
    expect(missing.stderr).toContain('it has no table "nowhere.alerts" that this user sees');
    const strange = await run("--dry-run", "--table", "strange");
    expect(strange.stderr).toContain(
      "its table public.strange is not the first AuditFlow's: it has no timestamp,",
    );
    expect([missing.code, strange.code]).toEqual([2, 2]);
  });

  test("a data folder that a running server holds is left alone", async () => {
    const held = takeDataFolder(folder);
    const { code, stderr } = await run("--data", folder);
    held.release();
    expect(stderr).toContain(`Another AuditFlow process holds the data folder ${folder}: stop it`);
    expect(code).toBe(1);
  });

  test("Ctrl-C ends it after the batch in hand, and the next run goes on", async () => {
    const args = ["--database-url", system.url, "--json"];
    summaryOf(await run(...args, "--since", "9999-01-01"));
    await system.run("begin");
    await system.run("lock table auditflow.incidents in access exclusive mode");
    const { child, ended } = startImport([system.url, ...args]);
    await until(async () => await isWaiting("relation"), "the import waits for the lock");
    child.kill("SIGINT");
    await system.run("commit");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ total: 300, complete: false });
    expect(stderr).toContain("the same command goes on with the rest");
    const { stored } = JSON.parse(stdout) as { stored: number };
    expect(stored).toBeGreaterThan(0);
    expect(summaryOf(await run(...args))).toMatchObject({ stored: 299 - stored, unchanged: stored });
  });

  test("a connection that breaks while a batch is being stored is made again, and nothing is missing", async () => {
    const proxy = await startFaultProxy({ target: targetOf(system.url, 5432) });
    const args = ["--database-url", throughProxy(system.url, proxy), "--json"];
    summaryOf(await run(...args, "--since", "9999-01-01"));
    await system.run("truncate auditflow.alerts, auditflow.incidents");
    await system.run("begin");
    await system.run("lock table auditflow.incidents in access exclusive mode");
    const { ended } = startImport([system.url, ...args]);
    await until(async () => await isWaiting("relation"), "the import waits for the lock");
    proxy.resetAll();
    await system.run("commit");
    expect(summaryOf(await ended)).toMatchObject({ complete: true, refused: 1 });
    const { rows } = await system.run("select count(*)::int as alerts from auditflow.alerts");
    expect(rows).toEqual([{ alerts: 299 }]);
    await proxy.stop();
  });

  test("Ctrl-C ends it while the old database does not answer", async () => {
    await system.run(
      "create view slow as select * from alerts where pg_advisory_xact_lock_shared(7) is not null",
    );
    await system.run("begin");
    await system.run("select pg_advisory_xact_lock(7)");
    const { child, ended } = startImport([system.url, "--dry-run", "--table", "slow"]);
    await until(async () => await isWaiting("advisory"), "the import waits for the old database");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    await system.run("commit");
  });

  const isWaiting = async (kind: string): Promise<boolean> => {
    const { rows } = await system.run(
      `select 1 from pg_locks join pg_database on pg_database.oid = database
       where datname = current_database() and not granted and locktype = $1`,
      [kind],
    );
    return rows.length > 0;
  };
});
