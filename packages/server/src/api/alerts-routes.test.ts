import type { AlertList, Problem, QuarantineList } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { quarantinePlan } from "../alerts/quarantine.ts";
import { alertRow, alertsPlan } from "../alerts/record.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import type { QuarantineRow } from "../database/schema.ts";
import { alertsRoutes } from "./alerts-routes.ts";
import { quarantineRoutes } from "./quarantine-routes.ts";
import { createHttp } from "./server.ts";

function serve(database: Database): FastifyInstance {
  const http = createHttp({
    log,
    host: "127.0.0.1",
    token: "t",
    anonymousAccess: "viewer",
    allowedHosts: [],
  });
  alertsRoutes(http, { database });
  quarantineRoutes(http, { database });
  return http;
}

function refused(n: number, bytes: number): QuarantineRow {
  const words = { topic: "events", group_name: "g", code: "invalid_event", reason: "r", encoding: "json" };
  return { quarantine_id: `q-${n}`, at: n, ...words, size_bytes: bytes, body: "{}" };
}

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("the API on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  let http: FastifyInstance;
  beforeEach(async () => {
    site = await connect();
    database = site.open();
    http = serve(database);
  });
  afterEach(async () => {
    await http.close();
    await site.end();
  });

  const store = async (...alerts: ReturnType<typeof exampleAlert>[]): Promise<void> => {
    await database.upsert(
      alertsPlan,
      alerts.map((alert) => alertRow(alert)!),
    );
  };
  const list = async (query: string): Promise<AlertList> =>
    (await http.inject(`/api/v1/alerts?${query}`)).json();
  const idsOf = ({ alerts }: AlertList): string[] => alerts.map(({ alert_id }) => alert_id);

  test("an empty list is a list", async () => {
    expect(await list("")).toEqual({ alerts: [], next: null });
  });

  test("pages by following next hold every alert once, newest first, also those of one instant", async () => {
    const same = "2026-03-01T12:00:00.000Z";
    const alerts = Array.from({ length: 25 }, (_, n) => exampleAlert(n, n < 10 ? { timestamp: same } : {}));
    await store(...alerts);
    const seen: string[] = [];
    let url: string | undefined = "/api/v1/alerts?limit=4";
    while (url !== undefined) {
      const answer = await http.inject(url);
      seen.push(...idsOf(answer.json()));
      const link = answer.headers.link as string | undefined;
      expect(link === undefined).toBe(answer.json<AlertList>().next === null);
      url = /^<(.+)>; rel="next"$/.exec(link ?? "")?.[1];
      // What is stored meanwhile must not shift the pages.
      if (seen.length === 8) await store(exampleAlert(59));
    }
    expect(seen).toEqual(alerts.map(({ alert_id }) => alert_id).reverse());
  });

  test("a page that holds the last alert has no next", async () => {
    await store(exampleAlert(1), exampleAlert(2));
    expect((await list("limit=2")).next).toBeNull();
    expect((await list("limit=1")).next).not.toBeNull();
  });

  test("the list can be narrowed by severity, and shows merged alerts only when asked", async () => {
    const { alert_id } = exampleAlert(1);
    await store(
      exampleAlert(1),
      exampleAlert(2, { severity: "LOW" }),
      exampleAlert(3, { merged_into: alert_id }),
    );
    expect(idsOf(await list(""))).toEqual([exampleAlert(2).alert_id, alert_id]);
    expect(idsOf(await list("severity=HIGH"))).toEqual([alert_id]);
    expect(idsOf(await list("severity=HIGH&merged=true"))).toEqual([exampleAlert(3).alert_id, alert_id]);
    expect(idsOf(await list("severity=CRITICAL"))).toEqual([]);
  });

  test("an alert is answered whole, by its id in either case", async () => {
    const alert = exampleAlert(10, { metadata: { note: "ü 😀", list: [1, 2.5, null] } });
    await store(alert);
    for (const id of [alert.alert_id, alert.alert_id.toUpperCase()]) {
      expect((await http.inject(`/api/v1/alerts/${id}`)).json()).toEqual(alert);
    }
  });

  test.each([
    ["/api/v1/alerts/not-an-id", 400, "invalid_request"],
    ["/api/v1/alerts/0190a000-0000-5000-8000-000000000099", 404, "not_found"],
    ["/api/v1/alerts?limit=0", 400, "invalid_request"],
    ["/api/v1/alerts?limit=1001", 400, "invalid_request"],
    ["/api/v1/alerts?severity=high", 400, "invalid_request"],
    ["/api/v1/alerts?cursor=nonsense", 400, "invalid_request"],
    [
      `/api/v1/alerts?cursor=${Buffer.from('[1,"\' or 1=1 --"]').toString("base64url")}`,
      400,
      "invalid_request",
    ],
    ["/api/v1/quarantine?cursor=nonsense", 400, "invalid_request"],
    ["/api/v1/quarantine?limit=-1", 400, "invalid_request"],
  ])("%s is answered %i %s", async (url, status, code) => {
    const answer = await http.inject(url);
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([status, code]);
    if (url.includes("cursor")) expect(answer.json<Problem>().errors?.[0]?.pointer).toBe("/cursor");
  });

  test("while the database is down every route answers 503 and when to try again", async () => {
    const { database: down } = await site.openDown();
    const impaired = serve(down);
    for (const url of [
      "/api/v1/alerts",
      `/api/v1/alerts/${exampleAlert(1).alert_id}`,
      "/api/v1/quarantine",
    ]) {
      const answer = await impaired.inject(url);
      expect([answer.statusCode, answer.json<Problem>().code]).toEqual([503, "database_unavailable"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    }
    await impaired.close();
  });

  test("the quarantine is paged newest first", async () => {
    await database.upsert(
      quarantinePlan,
      [1, 2, 3].map((n) => refused(n, 10)),
    );
    const first = (await http.inject("/api/v1/quarantine?limit=2")).json<QuarantineList>();
    expect(first.records.map(({ quarantine_id }) => quarantine_id)).toEqual(["q-3", "q-2"]);
    expect(first.records[0]).toMatchObject({
      quarantined_at: "1970-01-01T00:00:00.003Z",
      group: "g",
      body: "{}",
    });
    const answer = await http.inject(`/api/v1/quarantine?limit=2&cursor=${first.next}`);
    expect(answer.json()).toMatchObject({ records: [{ quarantine_id: "q-1" }], next: null });
    expect(answer.headers.link).toBeUndefined();
  });

  test("a page of large records ends early, but never empty", async () => {
    const sizes = [1, 5_000_000, 3_000_000, 1_000_000, 5_000_000];
    await database.upsert(
      quarantinePlan,
      sizes.map((bytes, n) => refused(n, bytes)),
    );
    const pages: string[] = [];
    let cursor = "";
    do {
      const page = (await http.inject(`/api/v1/quarantine?${cursor}`)).json<QuarantineList>();
      pages.push(page.records.map(({ quarantine_id }) => quarantine_id).join());
      cursor = page.next === null ? "" : `cursor=${page.next}`;
    } while (cursor !== "");
    expect(pages).toEqual(["q-4", "q-3,q-2", "q-1", "q-0"]);
  });
});
