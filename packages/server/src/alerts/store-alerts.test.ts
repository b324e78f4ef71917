import { type Alert, alertSeverities } from "@auditflow/contracts";
import fc from "fast-check";
import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countedDatabase } from "../../testing/counted-database.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import { addChannel } from "./channels.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { severityRank } from "./incident-steps.ts";
import { getAlert } from "./queries.ts";
import { type StoreOptions, storeAlerts } from "./store-alerts.ts";

const options: StoreOptions = { now: 1_800_000_000_000, newId: uuidv7, notify: true };

/** An alert of one of some actors and rules, so that several share an incident. */
function alertOf(
  n: number,
  { actor = 0, rule = 0, ...changes }: Partial<Alert> & { actor?: number; rule?: number } = {},
) {
  const { analysis_rule, triggered_by } = exampleAlert(0);
  const at = new Date(Date.parse("2026-03-01T12:00:00Z") + n * 1000).toISOString();
  return exampleAlert(0, {
    alert_id: `0190a000-0000-5000-8000-${n.toString(16).padStart(12, "0")}`,
    ...{ timestamp: at, first_event_at: at, last_event_at: at },
    analysis_rule: { ...analysis_rule, rule_id: `rule-${rule}` },
    triggered_by: { ...triggered_by, actor_id: `user${actor}` },
    ...changes,
  });
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("storing alerts on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  beforeEach(async () => {
    site = await connect();
    database = site.open();
  });
  afterEach(() => site.end());

  const incidents = () =>
    database.reader.selectFrom("incidents").selectAll().orderBy("actor").orderBy("at").execute();
  const alerts = () => database.reader.selectFrom("alerts").selectAll().orderBy("alert_id").execute();

  test("alerts with one fingerprint join one open incident, with count, times and highest severity", async () => {
    await storeAlerts(
      database,
      [alertOf(2), alertOf(1, { severity: "CRITICAL" }), alertOf(3, { actor: 1 })],
      options,
    );
    await storeAlerts(database, [alertOf(9, { severity: "LOW" })], { ...options, now: options.now + 1 });
    const [first, second, ...others] = await incidents();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      alert_count: 3,
      severity: 4,
      status: "open",
      joinable: 1,
      at: options.now,
    });
    expect([first!.first_seen, first!.last_seen]).toEqual(
      [1, 9].map((n) => Date.parse(alertOf(n).timestamp)),
    );
    expect(second).toMatchObject({ alert_count: 1, severity: 3, actor: "user1" });
    const ids = (await alerts()).map(({ incident_id }) => incident_id);
    expect(ids).toEqual([first!.incident_id, first!.incident_id, second!.incident_id, first!.incident_id]);
  });

  test("what comes twice, late or out of order is counted once, and grows its incident", async () => {
    const grown = alertOf(1, {
      revision: 3,
      count: 90,
      last_event_at: "2026-03-02T00:00:00.000Z",
      severity: "CRITICAL",
    });
    const outcomes = [
      await storeAlerts(database, [alertOf(1), grown, alertOf(1)], options),
      await storeAlerts(database, [alertOf(1, { revision: 2 }), grown], options),
    ];
    expect(outcomes).toMatchObject([
      { stored: 1, unchanged: 2, refused: [] },
      { stored: 0, unchanged: 2, refused: [] },
    ]);
    await storeAlerts(database, [alertOf(1, { revision: 4, severity: "CRITICAL" })], options);
    expect(await incidents()).toMatchObject([
      { alert_count: 1, severity: 4, last_seen: Date.parse("2026-03-02T00:00:00.000Z") },
    ]);
  });

  test("an alert that becomes part of another leaves the count of its incident", async () => {
    await storeAlerts(database, [alertOf(1), alertOf(2)], options);
    const merged = alertOf(2, { revision: 2, merged_into: alertOf(1).alert_id });
    await storeAlerts(database, [merged, alertOf(3, { merged_into: alertOf(1).alert_id })], options);
    expect(await incidents()).toMatchObject([{ alert_count: 1 }]);
    expect((await alerts()).map(({ incident_id }) => incident_id === null)).toEqual([false, false, true]);
  });

  test("an incident that has ended takes no new alert, and still grows with its own", async () => {
    await storeAlerts(database, [alertOf(1)], options);
    await database.write(({ db }) =>
      db.updateTable("incidents").set({ status: "closed", joinable: 0 }).execute(),
    );
    await storeAlerts(database, [alertOf(2), alertOf(1, { revision: 2, severity: "CRITICAL" })], options);
    expect(await incidents()).toMatchObject([
      { status: "closed", alert_count: 1, severity: 4 },
      { status: "open", alert_count: 1, severity: 3 },
    ]);
  });

  test("a new alert opens an acknowledged incident again", async () => {
    await storeAlerts(database, [alertOf(1)], options);
    await database.write(({ db }) => db.updateTable("incidents").set({ status: "acknowledged" }).execute());
    await storeAlerts(database, [alertOf(1, { revision: 2 })], options);
    expect(await incidents()).toMatchObject([{ status: "acknowledged" }]);
    await storeAlerts(database, [alertOf(2)], options);
    expect(await incidents()).toMatchObject([{ status: "open", alert_count: 2 }]);
  });

  test("what is stored without telling anybody is not told later either", async () => {
    await storeAlerts(database, [alertOf(1, { severity: "LOW" })], options);
    await storeAlerts(database, [alertOf(2, { severity: "CRITICAL" })], { ...options, notify: false });
    expect(await incidents()).toMatchObject([{ severity: 4, told: 4 }]);
  });

  test("an alert keeps the trace of its first revision, and what tells of it has the same", async () => {
    const channel = { at: 0, kind: "log", settings: "{}", severity: 0, enabled: 1, version: 1 };
    await addChannel(database, { ...channel, channel_id: uuidv7(), name: "log", disabled_reason: null });
    const trace = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
    const traced = { ...options, traces: [`${trace("a")} vendor=1`, undefined] };
    await storeAlerts(database, [alertOf(1), alertOf(2, { actor: 1 })], traced);
    const grown = [alertOf(1, { revision: 2 }), alertOf(2, { actor: 1, revision: 2 })];
    await storeAlerts(database, grown, { ...options, traces: [trace("b"), trace("b")] });
    expect(await alerts()).toMatchObject([
      { revision: 2, traceparent: trace("a") },
      { revision: 2, traceparent: null },
    ]);
    const deliveries = database.reader.selectFrom("deliveries").select("traceparent").orderBy("traceparent");
    expect(new Set(await deliveries.execute())).toEqual(
      new Set([{ traceparent: null }, { traceparent: trace("a") }]),
    );
    expect(await storeAlerts(database, [alertOf(1, { revision: 2 })], options)).toMatchObject({
      ...{ stored: 0, unchanged: 1, refused: [] },
    });
    const { alert } = (await getAlert(database.reader, alertOf(1).alert_id))!;
    expect(alert.trace_id).toBe("a".repeat(32));
    expect((await getAlert(database.reader, alertOf(2).alert_id))!.alert).not.toHaveProperty("trace_id");
  });

  test("a rule can say what makes its alerts one incident", async () => {
    const by = (n: number, actor: number, host: string) => {
      const alert = alertOf(n, { actor });
      const impacted_resource = { resource_type: "host", resource_id: `r${n}`, server_hostname: host };
      return {
        ...alert,
        impacted_resource,
        analysis_rule: { ...alert.analysis_rule, incident_by: ["host"] },
      };
    };
    await storeAlerts(database, [by(1, 0, "a"), by(2, 1, "a"), by(3, 2, "b")], options);
    expect((await incidents()).map(({ alert_count }) => alert_count).toSorted((a, b) => a - b)).toEqual([
      1, 2,
    ]);
  });

  test("the number of statements is the same for 1 alert and for 1,000 in 300 incidents", async () => {
    const addChannel = { channel_id: uuidv7(), at: 0, name: "c", kind: "log", settings: "{}" };
    await database.write(({ db }) =>
      db
        .insertInto("channels")
        .values({ ...addChannel, severity: 0, enabled: 1, disabled_reason: null, version: 1 })
        .execute(),
    );
    const counts: number[] = [];
    for (const [from, size] of [
      [1, 1],
      [1000, 1000],
    ] as const) {
      const { database: counted, statements } = countedDatabase(database);
      const batch = Array.from({ length: size }, (_, n) =>
        alertOf(from + n, { actor: 1 + (n % 300), rule: from }),
      );
      expect(await storeAlerts(counted, batch, options)).toMatchObject({
        stored: size,
        deliveries: Math.min(size, 300),
      });
      counts.push(statements());
    }
    expect(counts[1]).toBe(counts[0]);
    expect(counts[1]).toBeLessThanOrEqual(9);
  });

  test("the same revision with other content is a conflict, with its keys in another order it is the same", async () => {
    await storeAlerts(database, [alertOf(1)], options);
    const reordered = Object.fromEntries(Object.entries(alertOf(1)).reverse());
    const { unchanged, refused } = await storeAlerts(
      database,
      [reordered, alertOf(1, { count: 7 })],
      options,
    );
    expect([unchanged, refused]).toMatchObject([1, [{ index: 1, code: "conflicting_alert" }]]);
  });

  test("what cannot be an alert or a row is refused alone, with its place", async () => {
    const bad = alertOf(2, { alert_name: "a\0b" });
    const lone = alertOf(3, { metadata: { text: "\ud800" } });
    const { stored, refused } = await storeAlerts(
      database,
      [alertOf(1), bad, lone, { not: "an alert" }],
      options,
    );
    expect(stored).toBe(1);
    expect(
      refused.map(({ index, code }) => [index, code]).toSorted(([a], [b]) => Number(a) - Number(b)),
    ).toEqual([
      [1, "unstorable_record"],
      [2, "unstorable_record"],
      [3, "invalid_alert"],
    ]);
    expect(await incidents()).toMatchObject([{ alert_count: 1 }]);
  });

  test("any batches, at once and repeated, leave what a slow count of the highest revisions says", async () => {
    const one = fc.record({
      n: fc.integer({ min: 0, max: 12 }),
      revision: fc.integer({ min: 1, max: 4 }),
      merged: fc.boolean(),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(one, { maxLength: 8 }), { minLength: 1, maxLength: 5 }),
        async (batches) => {
          run += 1;
          const made = batches.map((batch) =>
            batch.map(({ n, revision, merged }) =>
              alertOf(run * 100 + n, {
                ...{ revision, actor: n % 3, rule: run, severity: alertSeverities[(n + revision) % 5]! },
                ...(merged && revision === 4 ? { merged_into: alertOf(run * 100 + 99).alert_id } : {}),
              }),
            ),
          );
          // A revision has one content, whatever the random numbers say of merging.
          const one = new Map<string, Alert>();
          const same = made.map((batch) =>
            batch.map((alert) => {
              const key = `${alert.alert_id} ${alert.revision}`;
              if (!one.has(key)) one.set(key, alert);
              return one.get(key)!;
            }),
          );
          await Promise.all([...same, ...same].map((batch) => storeAlerts(database, batch, options)));
          await expectCounted(database, same.flat(), `rule-${run}`);
        },
      ),
      { numRuns: 25 },
    );
  });
});

test("an incident that ends while a batch is written takes none of it, and the batch is written all the same", async () => {
  const site = await postgresSite();
  try {
    const database = site.open();
    await storeAlerts(database, [alertOf(1)], options);
    let ended = false;
    const write: Database["write"] = (work, how) =>
      database.write(async (transaction) => {
        const upsert: typeof transaction.upsert = async (plan, rows) => {
          if (!ended) await site.run(`update "${site.schema}".incidents set status = 'closed', joinable = 0`);
          ended = true;
          return await transaction.upsert(plan, rows);
        };
        return await work({ ...transaction, upsert });
      }, how);
    const raced = Object.assign(Object.create(database) as Database, { write });
    expect(await storeAlerts(raced, [alertOf(2)], options)).toMatchObject({ stored: 1, refused: [] });
    const incidents = database.reader.selectFrom("incidents").selectAll().orderBy("incident_id");
    expect(await incidents.execute()).toMatchObject([
      { status: "closed", alert_count: 1 },
      { status: "open", alert_count: 1 },
    ]);
  } finally {
    await site.end();
  }
});

/** The incidents of a rule, against those that its alerts' highest revisions make when they are counted one by one. */
async function expectCounted(database: Database, all: readonly Alert[], rule: string): Promise<void> {
  const highest = new Map<string, Alert>();
  for (const alert of all) {
    if (alert.revision > (highest.get(alert.alert_id)?.revision ?? 0)) highest.set(alert.alert_id, alert);
  }
  const stored = await database.reader.selectFrom("alerts").selectAll().where("rule_id", "=", rule).execute();
  expect(new Map(stored.map(({ alert_id, revision }) => [alert_id, revision]))).toEqual(
    new Map([...highest].map(([id, { revision }]) => [id, revision])),
  );
  const found = await database.reader
    .selectFrom("incidents")
    .selectAll()
    .where("rule_id", "=", rule)
    .execute();
  const standing = [...highest.values()].filter(({ merged_into }) => merged_into === undefined);
  const groups = Map.groupBy(standing, fingerprintOf);
  const counted = new Map(
    found.filter(({ alert_count }) => alert_count > 0).map((row) => [row.fingerprint, row]),
  );
  expect(new Set(counted.keys())).toEqual(new Set(groups.keys()));
  for (const [fingerprint, group] of groups) {
    expect(counted.get(fingerprint)?.alert_count).toBe(group.length);
    // Severity and times never shrink: an alert that grew or left has been there.
    expect(counted.get(fingerprint)!.severity).toBeGreaterThanOrEqual(
      Math.max(...group.map(({ severity }) => severityRank(severity))),
    );
  }
}
