import { isDeepStrictEqual } from "node:util";
import type { Alert, QuarantinedRecord, ServiceReport } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { listQuarantined } from "../alerts/quarantine.ts";
import { sumReports } from "../alerts/service-reports.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import { memoryTransport } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import { startNotify } from "./notify.ts";
import { quarantineHandler } from "./store-quarantine.ts";
import { reportHandler } from "./store-reports.ts";

const clock = { now: () => Date.now() };

/** A notification service between a real transport and a real database, and what it reported. */
class Service {
  readonly transport: Transport = memoryTransport({ clock });
  readonly lines: readonly string[];
  readonly seen: Record<string, number> = {};
  readonly options;
  readonly stage: { stop(): Promise<void> };

  constructor(database: Database) {
    const { log, texts } = keptLog();
    this.lines = texts;
    const add = (name: string, n: number): void => {
      this.seen[name] = (this.seen[name] ?? 0) + n;
    };
    const observe = {
      wrote: () => undefined,
      quarantineHolds: () => undefined,
      stored: (n: number) => add("stored", n),
      duplicates: (n: number) => add("duplicates", n),
      quarantined: (code: string, n: number) => add(code, n),
      tried: (kind: string, outcome: string) => add(`${kind} ${outcome}`, 1),
    };
    this.options = {
      ...{ transport: this.transport, database, clock, log, observe, newId: uuidv7, random: () => 0 },
      ...{ receivers: { allowedReceivers: [] }, baseUrl: undefined, retentionDays: 0 },
    };
    this.stage = startNotify(this.options);
  }

  async settled(seen: Record<string, number>): Promise<void> {
    await until(() => isDeepStrictEqual(this.seen, seen), `the counts are ${JSON.stringify(seen)}`).catch(
      () => expect(this.seen).toEqual(seen),
    );
  }

  async stop(): Promise<void> {
    await this.stage.stop();
    await this.transport.stop();
  }
}

function quarantined(n: number, changes: Partial<QuarantinedRecord> = {}): QuarantinedRecord {
  return {
    quarantine_id: `q-${n}`,
    quarantined_at: `2026-03-01T12:00:${String(n).padStart(2, "0")}.000Z`,
    topic: "events",
    group: "audit-log-analysis",
    code: "invalid_event",
    reason: "because",
    encoding: "json",
    body: '{"a":"\\u0000"}',
    size_bytes: 14,
    ...changes,
  };
}

function serviceReport(n: number, changes: Partial<ServiceReport> = {}): ServiceReport {
  const from = `2026-03-01T12:00:${String(n).padStart(2, "0")}.000Z`;
  const to = `2026-03-01T12:00:${String(n + 2).padStart(2, "0")}.000Z`;
  return {
    ...{ report_id: `report-${n}`, instance: "i", services: ["audit-log-analysis"], version: "1" },
    ...{ from, to, generated: 1, accepted: 10, evaluated: 100 },
    ...changes,
  };
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("notification-service on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  let service: Service;
  beforeEach(async () => {
    site = await connect();
    database = site.open();
    service = new Service(database);
  });
  afterEach(async () => {
    await service.stop();
    await site.end();
  });

  const all = async (): Promise<string[]> => {
    const ids = database.reader.selectFrom("alerts").select("alert_id").orderBy("at", "desc").execute();
    return (await ids).map(({ alert_id }) => alert_id);
  };
  const bodyOf = async ({ alert_id }: Alert): Promise<unknown> => {
    const row = database.reader.selectFrom("alerts").select("body").where("alert_id", "=", alert_id);
    return JSON.parse((await row.executeTakeFirstOrThrow()).body);
  };
  const quarantine = async (): Promise<QuarantinedRecord[]> =>
    (await listQuarantined(database.reader, { limit: 100, after: undefined })).records;
  const publish = (...alerts: object[]): Promise<void> => service.transport.publish("alerts", alerts);

  test("each alert id is one row with the highest revision, whatever comes twice or late", async () => {
    const grown = exampleAlert(1, { revision: 3, count: 9 });
    await publish(exampleAlert(1), grown, exampleAlert(2));
    await service.settled({ stored: 2, duplicates: 1 });
    await publish(exampleAlert(1, { revision: 2, count: 7 }), exampleAlert(2), grown);
    await service.settled({ stored: 2, duplicates: 4 });
    expect(await all()).toEqual([exampleAlert(2).alert_id, grown.alert_id]);
    expect(await bodyOf(grown)).toEqual(grown);
  });

  test("what is no alert goes to quarantine with the reason, its neighbours are stored", async () => {
    const bad = { ...exampleAlert(2), severity: "URGENT" };
    await publish(exampleAlert(1), bad, exampleAlert(3));
    await service.settled({ stored: 2, invalid_alert: 1 });
    const [record] = await until(
      async () => ((await quarantine()).length > 0 ? quarantine() : undefined),
      "it is listed",
    );
    expect(record).toMatchObject({ code: "invalid_alert", topic: "alerts", group: "notification-service" });
    expect(record?.reason).toContain("/severity");
    expect(JSON.parse(record!.body)).toEqual(bad);
  });

  test("what the database refuses goes to quarantine as unstorable_record", async () => {
    await publish(exampleAlert(1), exampleAlert(2, { description: "a\0b" }), exampleAlert(3));
    await service.settled({ stored: 2, unstorable_record: 1 });
    const [record] = await until(
      async () => ((await quarantine()).length > 0 ? quarantine() : undefined),
      "it is listed",
    );
    expect(record).toMatchObject({ code: "unstorable_record", reason: expect.stringContaining("NUL") });
  });

  test("one revision with other content is a conflict: the first stays, in one batch and in two", async () => {
    const other = (count: number): Alert => exampleAlert(1, { count });
    await publish(other(1), other(2));
    await service.settled({ stored: 1, conflicting_alert: 1 });
    await publish(other(3), other(1));
    await service.settled({ stored: 1, conflicting_alert: 2, duplicates: 1 });
    expect(await bodyOf(other(1))).toEqual(other(1));
    await until(async () => (await quarantine()).length === 2, "both are listed");
  });

  test("alerts that come while the database is down are stored once it is there, by themselves", async () => {
    const { database: down, heal } = await site.openDown();
    const waiting = new Service(down);
    await waiting.transport.publish("alerts", [exampleAlert(1), exampleAlert(2)]);
    await until(() => down.health().next_try_at, "it was tried");
    expect(waiting.seen).toEqual({});
    await heal();
    await waiting.settled({ stored: 2 });
    await waiting.stop();
  });

  const sums = (): Promise<unknown> =>
    sumReports(database, { from: 0, to: Date.now() + 3_600_000, width: 86_400_000 * 365 * 200 });

  test("a service's report counts once however often it comes, and what is none goes to quarantine", async () => {
    // Not older than a day, else it would be deleted at once.
    const to = new Date().toISOString();
    const report = serviceReport(1, { to });
    await service.transport.publish("control", [report, serviceReport(2, { to })]);
    await service.transport.publish("control", [{ nonsense: true }, report]);
    await until(async () => (await quarantine()).length === 1, "the nonsense is listed");
    const counted = [{ bucket: 0, generated: 2, accepted: 20, evaluated: 200 }];
    await until(async () => isDeepStrictEqual(await sums(), counted), "both are counted");
    expect((await quarantine())[0]).toMatchObject({ code: "invalid_request", topic: "control" });
    expect(service.seen).toEqual({ invalid_request: 1 });
  });

  test("a report that the database refuses is quarantined alone", async () => {
    const reports = [serviceReport(1), serviceReport(2, { instance: "a\0b" }), serviceReport(3)];
    const verdicts = await reportHandler(service.options)({ records: reports, attempt: 1 });
    expect(verdicts).toEqual([
      "ack",
      { quarantine: "invalid_request", reason: expect.stringContaining("NUL") },
      "ack",
    ]);
  });

  test("reports older than a day are deleted, looked for once a minute", async () => {
    const at = { now: 0 };
    const handle = reportHandler({ ...service.options, clock: { now: () => at.now } });
    const count = async (): Promise<number> =>
      (await database.reader.selectFrom("service_reports").select("report_id").execute()).length;
    const day = 24 * 60 * 60 * 1000;
    at.now = Date.parse(serviceReport(1).to) + day;
    await handle({ records: [1, 2, 3].map((n) => serviceReport(n)), attempt: 1 });
    expect(await count()).toBe(3);
    at.now += 59_999;
    await handle({ records: [serviceReport(4)], attempt: 1 });
    expect(await count()).toBe(4);
    at.now = Date.parse(serviceReport(3).to) + day + 60_000;
    await handle({ records: [serviceReport(5)], attempt: 1 });
    expect(await count()).toBe(0);
  });

  test("a malformed quarantine record is logged, counted and never comes again", async () => {
    const records = [
      quarantined(1),
      { nonsense: true },
      quarantined(2, { quarantine_id: "x".repeat(200) }),
      quarantined(3),
    ];
    await service.transport.publish("quarantine", records);
    await service.settled({ invalid_request: 2 });
    expect((await quarantine()).map(({ quarantine_id }) => quarantine_id)).toEqual(["q-3", "q-1"]);
    expect(service.lines.filter((line) => line.includes("quarantine.unstorable"))).toHaveLength(2);
  });

  test("a refused record is kept byte by byte, and its reason whatever it quotes", async () => {
    const record = quarantined(1, { reason: "found \0 and \ud800" });
    const handle = quarantineHandler(service.options);
    expect(await handle({ records: [record, record], attempt: 1 })).toEqual(["ack", "ack"]);
    expect(await quarantine()).toEqual([{ ...record, reason: "found \u2400 and \ufffd" }]);
  });

  test.each([
    [{ rows: 3, bytes: 1e9 }, ["q-9", "q-8", "q-7"]],
    [{ rows: 1e9, bytes: 250 }, ["q-9", "q-8"]],
  ])("the quarantine keeps the newest within %o", async (cap, kept) => {
    const records = Array.from({ length: 10 }, (_, n) => quarantined(n, { size_bytes: 100 }));
    await quarantineHandler(service.options, cap)({ records, attempt: 1 });
    expect((await quarantine()).map(({ quarantine_id }) => quarantine_id)).toEqual(kept);
    expect(service.lines.some((line) => line.includes("quarantine.pruned"))).toBe(true);
  });
});
