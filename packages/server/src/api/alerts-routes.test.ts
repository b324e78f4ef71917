import type {
  AlertChanges,
  AlertHistogram,
  AlertList,
  AlertLookupResult,
  Problem,
  QuarantineList,
} from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { until } from "../../testing/until.ts";
import { validated } from "../../testing/validated-http.ts";
import { quarantinePlan } from "../alerts/quarantine.ts";
import { alertRow, alertsPlan } from "../alerts/record.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import type { QuarantineRow } from "../database/schema.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { alertStream } from "./alert-stream.ts";
import { alertsRoutes } from "./alerts-routes.ts";
import { exportRoutes } from "./export-routes.ts";
import { quarantineRoutes } from "./quarantine-routes.ts";
import { createHttp } from "./server.ts";

const now = "2026-03-02T00:00:00.000Z";
const clock = { now: () => Date.parse(now) };

/** What people decided about an alert that nobody looked at. */
const untouched = { status: "open", assignee: null, close_reason: null, incident_id: null, version: 1 };

function serve(database: Database): FastifyInstance {
  const http = createHttp({
    log,
    host: "127.0.0.1",
    token: "t",
    anonymousAccess: "viewer",
    allowedHosts: [],
  });
  alertsRoutes(http, { database, clock });
  alertStream(http, { database, clock });
  exportRoutes(http, { database, clock });
  quarantineRoutes(http, { database });
  return validated(http);
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
    await upsertRows(
      database,
      alertsPlan,
      alerts.map((alert) => alertRow(alert)!),
    );
  };
  const list = async (query: string): Promise<AlertList> =>
    (await http.inject(`/api/v1/alerts?${query}`)).json();
  const idsOf = ({ alerts }: AlertList): string[] => alerts.map(({ alert_id }) => alert_id);

  test("an empty list is a list", async () => {
    expect(await list("")).toEqual({ alerts: [], next: null, position: expect.any(String), as_of: now });
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
    for (const several of ["severity=HIGH&severity=LOW", "severity=LOW,HIGH", "severity=LOW,HIGH,LOW"]) {
      expect(idsOf(await list(several))).toEqual([exampleAlert(2).alert_id, alert_id]);
    }
  });

  test("it can be narrowed by rule and by event time, the end of the time left out", async () => {
    const rule = (rule_id: string) => ({ analysis_rule: { ...exampleAlert(0).analysis_rule, rule_id } });
    const alerts = [1, 2, 3, 4, 5].map((n) =>
      exampleAlert(n, { ...rule(n % 2 === 0 ? "even" : "odd"), severity: n < 3 ? "LOW" : "HIGH" }),
    );
    await store(...alerts);
    const numbers = async (query: string): Promise<number[]> =>
      idsOf(await list(query)).map((id) => Number(id.slice(-2)));
    expect(await numbers("rule_id=odd")).toEqual([5, 3, 1]);
    expect(await numbers("rule_id=odd&severity=HIGH")).toEqual([5, 3]);
    expect(await numbers("rule_id=none")).toEqual([]);
    const [from, to] = ["2026-03-01T12:00:02Z", "2026-03-01T12:00:04Z"];
    expect(await numbers(`from=${from}&to=${to}`)).toEqual([3, 2]);
    expect(await numbers(`from=${from}&severity=LOW,HIGH&rule_id=even`)).toEqual([4, 2]);
    expect(await numbers(`to=${encodeURIComponent("2026-03-01T13:00:02+01:00")}`)).toEqual([1]);
    const first = await list("rule_id=odd&limit=2");
    expect(await numbers(`rule_id=odd&limit=2&cursor=${first.next}`)).toEqual([1]);
  });

  test("what is stored after a list was read comes after its position", async () => {
    await store(exampleAlert(1));
    const { position } = await list("");
    await store(exampleAlert(2));
    const since = async (): Promise<AlertChanges> =>
      (await http.inject(`/api/v1/alerts/stream?after=${position}`)).json();
    await until(async () => (await since()).alerts.length > 0, "it is settled");
    expect((await since()).alerts.map(({ alert_id }) => alert_id)).toContain(exampleAlert(2).alert_id);
  });

  test("an alert that rests on a synthetic event says so in the list", async () => {
    const event = {
      ...{ event_id: exampleAlert(1).evidence[0]!, timestamp: "2026-03-01T12:00:00.000Z" },
      ...{ source_service: "s", server_hostname: "h", event_type: "login", severity: "INFO" as const },
      ...{ user_id: "root", action_result: "FAILURE" },
    };
    await store(
      exampleAlert(1, { raw_event_data: { ...event, synthetic: true } }),
      exampleAlert(2, { raw_event_data: event }),
    );
    const { alerts } = await list("");
    expect(alerts.map(({ synthetic }) => synthetic)).toEqual([undefined, true]);
  });

  test("the histogram counts by bucket and severity, without merged alerts, the end of the time left out", async () => {
    const rule = (rule_id: string) => ({ analysis_rule: { ...exampleAlert(0).analysis_rule, rule_id } });
    await store(
      ...[exampleAlert(1), exampleAlert(9), exampleAlert(10), exampleAlert(30, rule("other"))],
      exampleAlert(2, { severity: "LOW" }),
      exampleAlert(3, { merged_into: exampleAlert(1).alert_id }),
      exampleAlert(40),
    );
    const span = "from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:40Z&bucket_seconds=10";
    const histogram = async (query: string): Promise<AlertHistogram> =>
      (await http.inject(`/api/v1/alerts/histogram?${span}&${query}`)).json();
    const at = (seconds: string): string => `2026-03-01T12:00:${seconds}.000Z`;
    expect(await histogram("")).toEqual({
      ...{ from: at("00"), to: at("40"), bucket_seconds: 10 },
      buckets: [
        { at: at("00"), counts: { HIGH: 2, LOW: 1 } },
        { at: at("10"), counts: { HIGH: 1 } },
        { at: at("30"), counts: { HIGH: 1 } },
      ],
    });
    expect((await histogram("severity=LOW,CRITICAL")).buckets).toEqual([
      { at: at("00"), counts: { LOW: 1 } },
    ]);
    expect((await histogram("rule_id=other")).buckets).toEqual([{ at: at("30"), counts: { HIGH: 1 } }]);
  });

  test.each([
    ["from=2026-03-01T00:00:00Z&to=2026-03-01T00:16:40Z", 200],
    ["from=2026-03-01T00:00:00Z&to=2026-03-01T00:16:40.001Z", 400],
    ["from=2026-03-01T00:00:01Z&to=2026-03-01T00:00:01Z", 400],
    ["from=2026-02-30T00:00:00Z&to=2026-03-01T00:00:00Z", 400],
    ["from=2026-03-01T00:00:60Z&to=2026-03-01T00:10:00Z", 400],
    ["from=2026-03-01T00:00:00Z", 400],
  ])("a histogram of %s in seconds is answered %i", async (span, status) => {
    const answer = await http.inject(`/api/v1/alerts/histogram?${span}&bucket_seconds=1`);
    expect(answer.statusCode).toBe(status);
    if (status === 400) expect(answer.json<Problem>().errors?.[0]?.pointer).toMatch(/^\/./);
  });

  test("an alert is answered whole, by its id in either case", async () => {
    const alert = exampleAlert(10, { metadata: { note: "ü 😀", list: [1, 2.5, null] } });
    await store(alert);
    for (const id of [alert.alert_id, alert.alert_id.toUpperCase()]) {
      expect((await http.inject(`/api/v1/alerts/${id}`)).json()).toEqual({ ...alert, ...untouched });
    }
  });

  test("an alert has a strong tag that grows with it and with decisions, and who holds it gets a 304", async () => {
    await store(exampleAlert(1));
    const url = `/api/v1/alerts/${exampleAlert(1).alert_id}`;
    const first = await http.inject(url);
    expect(first.headers.etag).toBe('"1.1"');
    const again = { url, headers: { "if-none-match": '"1.1"' } };
    expect((await http.inject(again)).statusCode).toBe(304);
    await store(exampleAlert(1, { revision: 2 }));
    expect((await http.inject(again)).headers.etag).toBe('"2.1"');
    await database.write(({ db }) => db.updateTable("alerts").set({ version: 2, assignee: "eve" }).execute());
    const decided = await http.inject(again);
    expect([decided.headers.etag, decided.json()]).toEqual([
      '"2.2"',
      expect.objectContaining({ assignee: "eve" }),
    ]);
  });

  test("a list says when it was read, and on request how many match on all pages", async () => {
    await store(exampleAlert(1), exampleAlert(2, { severity: "LOW" }), exampleAlert(3));
    expect(await list("limit=1&filter=severity:high&total=true")).toMatchObject({ total: 2, as_of: now });
    expect(await list("limit=1")).not.toHaveProperty("total");
  });

  test("a fault of the filter points at its place in the text", async () => {
    const filter = encodeURIComponent("user:alice sev:high status:opne");
    const problem = (await http.inject(`/api/v1/alerts?filter=${filter}`)).json<Problem>();
    expect(problem.errors).toEqual([
      { pointer: "/filter", detail: expect.stringMatching(/^at 11\.\.14 "sev": /) },
      { pointer: "/filter", detail: expect.stringMatching(/^at 27\.\.31 "opne": /) },
    ]);
  });

  test("facets and the histogram follow the filter, the short parameters and the time together", async () => {
    await store(exampleAlert(1), exampleAlert(2, { severity: "LOW" }), exampleAlert(30, { severity: "LOW" }));
    const query = "filter=-status:closed&severity=LOW&rule_id=r-1&to=2026-03-01T12:00:10Z";
    expect((await http.inject(`/api/v1/alerts/facets?${query}`)).json()).toEqual({
      counted: null,
      facets: {
        severity: [{ value: "LOW", count: 1 }],
        status: [{ value: "open", count: 1 }],
        rule: [{ value: "r-1", label: "SSH brute force", count: 1 }],
        user: [{ value: "root", count: 1 }],
        host: [{ value: "web-1", count: 1 }],
      },
    });
    const span =
      "from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:40Z&bucket_seconds=10&filter=status:open user:root";
    const { buckets } = (await http.inject(`/api/v1/alerts/histogram?${span}`)).json<AlertHistogram>();
    expect(buckets.map(({ counts }) => counts)).toEqual([{ HIGH: 1, LOW: 1 }, { LOW: 1 }]);
  });

  test("many alerts are looked up at once by ids in either case, whole ones at most a hundred", async () => {
    await store(exampleAlert(1), exampleAlert(2, { merged_into: exampleAlert(1).alert_id }));
    const lookup = (payload: object) =>
      http.inject({ method: "POST", url: "/api/v1/alerts/lookup", payload });
    const ids = [2, 1, 3].map((n) => exampleAlert(n).alert_id);
    const found = (
      await lookup({ alert_ids: [...ids, ids[0]!.toUpperCase()], detail: true })
    ).json<AlertLookupResult>();
    expect(found.alerts).toEqual([
      { ...exampleAlert(2, { merged_into: ids[1]! }), ...untouched },
      { ...exampleAlert(1), ...untouched },
    ]);
    expect(found.missing).toEqual([ids[2]]);
    const many = Array.from(
      { length: 101 },
      (_, n) => `0190a000-0000-5000-8000-${String(n).padStart(12, "0")}`,
    );
    expect((await lookup({ alert_ids: many, detail: true })).json<Problem>().errors?.[0]?.pointer).toBe(
      "/body/alert_ids",
    );
    expect((await lookup({ alert_ids: many })).statusCode).toBe(200);
    for (const wrong of [[], ["x"], ["\u0000"]])
      expect((await lookup({ alert_ids: wrong })).statusCode).toBe(400);
  });

  test.each([
    ["/api/v1/alerts/not-an-id", 400, "invalid_request"],
    ["/api/v1/alerts/0190a000-0000-5000-8000-000000000099", 404, "not_found"],
    ["/api/v1/alerts?limit=0", 400, "invalid_request"],
    ["/api/v1/alerts?limit=1001", 400, "invalid_request"],
    ["/api/v1/alerts?severity=high", 400, "invalid_request"],
    ["/api/v1/alerts?severity=LOW,high", 400, "invalid_request"],
    ["/api/v1/alerts?severity=", 400, "invalid_request"],
    ["/api/v1/alerts?from=yesterday", 400, "invalid_request"],
    ["/api/v1/alerts?cursor=nonsense", 400, "invalid_request"],
    [
      `/api/v1/alerts?cursor=${Buffer.from('[1,"\' or 1=1 --"]').toString("base64url")}`,
      400,
      "invalid_request",
    ],
    ["/api/v1/alerts?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", 400, "invalid_request"],
    ["/api/v1/alerts?filter=severity:urgent", 400, "invalid_filter"],
    ["/api/v1/alerts?filter=%00", 400, "invalid_filter"],
    [`/api/v1/alerts?filter=${"a".repeat(2001)}`, 400, "invalid_request"],
    ["/api/v1/alerts/facets?filter=user:", 400, "invalid_filter"],
    ["/api/v1/alerts/facets?values=0", 400, "invalid_request"],
    ["/api/v1/alerts/stream?filter=-", 400, "invalid_filter"],
    ["/api/v1/alerts/export?filter=time:2026-02-30", 400, "invalid_filter"],
    ["/api/v1/alerts/export?format=xlsx", 400, "invalid_request"],
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
      "/api/v1/alerts/stream",
      "/api/v1/alerts/facets",
      "/api/v1/alerts/facets?filter=status:open",
      "/api/v1/alerts/export?format=csv",
      "/api/v1/alerts/histogram?from=2026-03-01T00:00:00Z&to=2026-03-01T01:00:00Z&bucket_seconds=60",
    ]) {
      const answer = await impaired.inject(url);
      expect([answer.statusCode, answer.json<Problem>().code]).toEqual([503, "database_unavailable"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    }
    await impaired.close();
  });

  test("the quarantine is paged newest first", async () => {
    await upsertRows(
      database,
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
    await upsertRows(
      database,
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
