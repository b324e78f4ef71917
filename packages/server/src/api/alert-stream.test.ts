import { createConnection } from "node:net";
import type { Alert, AlertChanges, AlertList, Problem } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AlertListener } from "../../testing/alert-listener.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleAlert } from "../../testing/example-alert.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { until } from "../../testing/until.ts";
import { isHeldBack } from "../alerts/changes.ts";
import { alertRow, alertsPlan } from "../alerts/record.ts";
import type { DatabaseSite } from "../database/contract.ts";
import type { Database } from "../database/database.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import { type AlertStreamOptions, alertStream } from "./alert-stream.ts";
import { AlertStreamHub } from "./alert-stream-hub.ts";
import { alertsRoutes } from "./alerts-routes.ts";
import { encodeStreamPlace } from "./cursor.ts";
import { createHttp } from "./server.ts";

const clock = { now: () => Date.parse("2026-03-02T00:00:00Z") };

/** The nth alert at a revision; `more` characters make it heavy. */
function alertOf(n: number, revision = 1, changes: Partial<Alert> = {}): Alert {
  const alert_id = `0190a000-0000-5000-8000-${n.toString(16).padStart(12, "0")}`;
  return exampleAlert(1, { alert_id, revision, ...changes });
}

async function store(database: Database, ...alerts: Alert[]): Promise<void> {
  await upsertRows(
    database,
    alertsPlan,
    alerts.map((alert) => alertRow(alert)!),
  );
}

/** Stores alerts that whoever comes then is not told of: others in the same server may hold that up. */
async function storeBefore(database: Database, ...alerts: Alert[]): Promise<void> {
  await store(database, ...alerts);
  await until(async () => !(await isHeldBack(database)), "what was stored is settled");
}

/** Numbers that look random and are the same in every run. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const positionZero = encodeStreamPlace({ position: 0, id: "00000000-0000-0000-0000-000000000000" });

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("the stream of alerts on %s", (_name, connect) => {
  let site: DatabaseSite;
  let database: Database;
  const servers: FastifyInstance[] = [];
  const listeners: AlertListener[] = [];

  const serve = async (options: Partial<AlertStreamOptions> = {}): Promise<string> => {
    const http = createHttp({
      ...{ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] },
    });
    alertsRoutes(http, { database, clock, ...options });
    alertStream(http, { database, clock, ...options });
    servers.push(http);
    return await http.listen({ host: "127.0.0.1", port: 0 });
  };
  const listener = (): AlertListener => {
    const made = new AlertListener();
    listeners.push(made);
    return made;
  };
  const ready = async (url: string, query = ""): Promise<AlertListener> => {
    const made = listener();
    expect(await made.connect(url, { query })).toBe(200);
    await until(() => made.ready === 1, "it is ready");
    return made;
  };
  const namesOf = ({ alerts }: Pick<AlertListener, "alerts">): string[] =>
    alerts.map(({ alert_id, revision }) => `${Number.parseInt(alert_id.slice(-12), 16)}r${revision}`);
  const comes = (from: AlertListener, names: readonly string[]): Promise<unknown> =>
    until(() => from.alerts.length >= names.length, `${names} come`).then(() =>
      expect(namesOf(from)).toEqual(names),
    );

  beforeEach(async () => {
    site = await connect();
    database = site.open();
    await upsertRows(database, alertsPlan, []);
  });
  afterEach(async () => {
    await Promise.all(listeners.splice(0).map((made) => made.cut()));
    await Promise.all(servers.splice(0).map((http) => http.close()));
    await site.end();
  });

  test("a client cut again and again, on two replicas, gets every last revision and none twice", {
    timeout: 60_000,
  }, async () => {
    const other = site.open();
    await upsertRows(other, alertsPlan, []);
    const urls = [await serve(), await serve({ database: other })];
    const random = numbersFrom(7);
    const last = new Map<string, number>();
    const write = async (to: Database, offset: number): Promise<void> => {
      for (let round = 1; round <= 30; round += 1) {
        const alerts = Array.from({ length: 1 + random(60) }, () => alertOf(random(300), round * 2 + offset));
        for (const { alert_id, revision } of alerts)
          last.set(alert_id, Math.max(revision, last.get(alert_id) ?? 0));
        await store(to, ...alerts);
        await new Promise((resolve) => setTimeout(resolve, random(30)));
      }
    };
    const client = await ready(urls[0]!);
    await client.cut();
    const end = new AbortController();
    const following = client.persist(urls, () => 1 + random(20_000), end.signal);
    await Promise.all([write(database, 0), write(other, 1)]);
    await until(() => {
      const seen = new Map(client.alerts.map(({ alert_id, revision }) => [alert_id, revision]));
      return [...last].every(([id, revision]) => seen.get(id) === revision);
    }, "the last revision of each alert came");
    end.abort();
    await following;
    expect(client.ready).toBeGreaterThan(3);
    const names = namesOf(client);
    expect(new Set(names).size).toBe(names.length);
  });

  test("it begins with ready, and goes on with what is stored from then on, merges and updates too", async () => {
    const url = await serve();
    await storeBefore(database, alertOf(1));
    const client = await ready(url);
    expect([client.retry, client.lastId]).toEqual([1000, expect.any(String)]);
    await store(database, alertOf(2));
    await comes(client, ["2r1"]);
    const merged_into = alertOf(1).alert_id;
    await store(database, alertOf(2, 2, { merged_into }));
    await comes(client, ["2r1", "2r2"]);
    expect(client.alerts[1]).toMatchObject({ merged_into, rule_id: "r-1" });
    await store(database, alertOf(1, 2));
    await comes(client, ["2r1", "2r2", "1r2"]);
  });

  test("a client cut before the first alert misses nothing, nor does one that goes on from a list", async () => {
    const url = await serve();
    const client = await ready(url);
    const { position } = (await (await fetch(`${url}/api/v1/alerts`)).json()) as AlertList;
    await client.cut();
    await store(database, alertOf(1), alertOf(2));
    await client.connect(url);
    await comes(client, ["1r1", "2r1"]);
    await comes(await ready(url, `after=${position}`), ["1r1", "2r1"]);
  });

  test("a client far behind reads pages until it has caught up, while others go on", async () => {
    const all = Array.from({ length: 2600 }, (_, n) => alertOf(n));
    await storeBefore(database, ...all);
    const url = await serve();
    const live = await ready(url);
    const late = await ready(url, `after=${positionZero}`);
    await until(() => late.alerts.length >= all.length, "it caught up");
    await store(database, alertOf(3000));
    await comes(live, ["3000r1"]);
    await until(() => late.alerts.length > all.length, "it goes on");
    expect(late.alerts.map(({ alert_id }) => alert_id)).toEqual(
      [...all, alertOf(3000)].map(({ alert_id }) => alert_id),
    );
  });

  test("filters narrow it, and what was filtered is not read again", async () => {
    const url = await serve();
    const client = await ready(url, "severity=LOW,CRITICAL&rule_id=r-1");
    const lines = await fetch(`${url}/api/v1/alerts/stream?severity=LOW`, {
      headers: { accept: "text/event-stream" },
    });
    const analysis_rule = { ...alertOf(1).analysis_rule, rule_id: "r-2" };
    await store(
      database,
      ...[alertOf(1), alertOf(2, 1, { severity: "LOW" }), alertOf(3, 1, { severity: "CRITICAL" })],
      alertOf(4, 1, { severity: "LOW", analysis_rule }),
    );
    await comes(client, ["2r1", "3r1"]);
    await store(database, alertOf(9));
    let text = "";
    for await (const chunk of lines.body!) {
      text += new TextDecoder().decode(chunk);
      if (/\n\nid: \S+\n\n$/.test(text)) break;
    }
    expect(namesOf(client)).toEqual(["2r1", "3r1"]);
  });

  test("with a filter an alert that fits no more is told as gone, one that never could is not told", async () => {
    const url = await serve();
    const filter = "status:open severity:>=high -user:oscar";
    const query = `filter=${encodeURIComponent(filter)}`;
    const client = await ready(url, query);
    const { position } = (await (await fetch(`${url}/api/v1/alerts/stream?${query}`)).json()) as AlertChanges;
    const oscar = { triggered_by: { actor_type: "user", actor_id: "oscar" } };
    await store(database, alertOf(1), alertOf(2, 1, { severity: "LOW" }), alertOf(3, 1, oscar), alertOf(4));
    await comes(client, ["1r1", "4r1"]);
    expect(client.alerts[0]).toMatchObject({ status: "open", assignee: null, version: 1, incident_id: null });
    await database.write(({ db, position: place }) =>
      db
        .updateTable("alerts")
        .set({ status: "closed", reason: "handled", version: 2, position: place() })
        .execute(),
    );
    await until(() => client.gone.length >= 2, "both are gone");
    expect(client.gone).toEqual([alertOf(1).alert_id, alertOf(4).alert_id]);
    expect(client.alerts).toHaveLength(2);
    const changed = (await (
      await fetch(`${url}/api/v1/alerts/stream?${query}&after=${position}`)
    ).json()) as AlertChanges;
    expect([changed.alerts, changed.gone]).toEqual([[], client.gone]);
  });

  test("what people decide is in the stream of who asks for it", async () => {
    const url = await serve();
    await store(database, alertOf(1));
    const client = await ready(url, "filter=status:closed,resolved");
    await database.write(({ db, position: place }) =>
      db
        .updateTable("alerts")
        .set({ status: "closed", reason: "handled", version: 2, position: place() })
        .execute(),
    );
    await comes(client, ["1r1"]);
    expect(client.alerts[0]).toMatchObject({ status: "closed", close_reason: "handled", version: 2 });
  });

  test("who does not ask for an event stream gets the changes as JSON, and a position to ask again from", async () => {
    const url = await serve();
    const changes = async (query: string): Promise<AlertChanges> =>
      (await fetch(`${url}/api/v1/alerts/stream?${query}`)).json() as Promise<AlertChanges>;
    const { alerts, position } = await changes("");
    expect(alerts).toEqual([]);
    await store(database, ...Array.from({ length: 1200 }, (_, n) => alertOf(n)));
    const first = await until(async () => {
      const page = await changes(`after=${position}`);
      return page.alerts.length > 0 ? page : undefined;
    }, "they are settled");
    expect(first.alerts).toHaveLength(1000);
    const second = await changes(`after=${first.position}`);
    expect(second.alerts.map(({ alert_id }) => alert_id)).toEqual(
      Array.from({ length: 200 }, (_, n) => alertOf(1000 + n).alert_id),
    );
    expect(await changes(`after=${second.position}`)).toEqual({
      alerts: [],
      gone: [],
      position: expect.any(String),
    });
    expect((await changes(`after=${position}&severity=LOW`)).alerts).toEqual([]);
  });

  test("a position that lies in the future means now", async () => {
    const url = await serve();
    const future = encodeStreamPlace({ position: 2 ** 50, id: alertOf(1).alert_id });
    const client = await ready(url, `after=${future}`);
    await store(database, alertOf(1));
    await comes(client, ["1r1"]);
  });

  test.each(["nonsense", btoa('["stream",1.5,"x"]'), btoa(`[1,"${alertOf(1).alert_id}"]`)])(
    "the position %s is refused, in the query and in the header",
    async (after) => {
      const url = `${await serve()}/api/v1/alerts/stream`;
      const accept = "text/event-stream";
      for (const answer of [
        await fetch(`${url}?after=${encodeURIComponent(after)}`),
        await fetch(url, { headers: { accept, "last-event-id": after } }),
      ]) {
        expect(answer.status).toBe(400);
        const problem = (await answer.json()) as Problem;
        expect([problem.code, problem.errors?.[0]?.pointer]).toEqual(["invalid_request", "/after"]);
      }
    },
  );

  test("while the database is down streams stay open with heartbeats, and go on once it is there", async () => {
    const { database: down, heal } = await site.openDown();
    const url = await serve({ database: down, heartbeat: 20 });
    const [fresh, resumed] = [listener(), listener()];
    expect(await fresh.connect(url)).toBe(200);
    expect(await resumed.connect(url, { query: `after=${positionZero}` })).toBe(200);
    await until(() => fresh.comments > 2 && resumed.comments > 2, "heartbeats come");
    expect([fresh.ready, resumed.ready]).toEqual([0, 0]);
    expect((await fetch(`${url}/api/v1/alerts/stream`)).status).toBe(503);
    await heal();
    await until(() => fresh.ready === 1 && resumed.ready === 1, "both are ready");
    await store(down, alertOf(1));
    await comes(fresh, ["1r1"]);
    await comes(resumed, ["1r1"]);
  });

  test("the server closes while streams are open, also one that nobody reads", async () => {
    const url = await serve();
    const client = await ready(url);
    const stuck = createConnection(Number(new URL(url).port), "127.0.0.1");
    stuck.on("error", () => undefined).pause();
    stuck.write(
      `GET /api/v1/alerts/stream?after=${positionZero} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
    );
    const heavy = { description: "x".repeat(100_000) };
    await store(database, ...Array.from({ length: 200 }, (_, n) => alertOf(n, 1, heavy)));
    await until(() => client.alerts.length === 200, "all came");
    await servers.pop()!.close();
    await client.ended();
    stuck.destroy();
  });

  test("a client that does not read is cut, and its place is free for another", async () => {
    const url = await serve({ most: 1, patience: 100 });
    const stuck = createConnection(Number(new URL(url).port), "127.0.0.1");
    stuck.on("error", () => undefined).pause();
    stuck.write(
      `GET /api/v1/alerts/stream?after=${positionZero} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`,
    );
    await until(async () => {
      const answer = await fetch(`${url}/api/v1/alerts/stream`, { headers: { accept: "text/event-stream" } });
      if (answer.status === 200) await answer.body?.cancel();
      else expect(((await answer.json()) as Problem).code).toBe("overloaded");
      return answer.status !== 200;
    }, "the one place is taken");
    const heavy = { description: "x".repeat(100_000) };
    await store(database, ...Array.from({ length: 200 }, (_, n) => alertOf(n, 1, heavy)));
    const client = listener();
    await until(async () => (await client.connect(url)) === 200, "the place is free");
    await until(() => client.ready === 1, "it is ready");
    stuck.destroy();
  });
});

test("a stream goes on without gap when the connections to PostgreSQL break and the server is away", async () => {
  const site = await postgresSite();
  const direct = site.open();
  await store(direct, alertOf(0));
  const { database, proxy } = await site.openThroughProxy(1000);
  const http = createHttp({
    ...{ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] },
  });
  alertStream(http, { database, clock });
  const client = new AlertListener();
  await client.connect(await http.listen({ host: "127.0.0.1", port: 0 }));
  await until(() => client.ready === 1, "it is ready");
  for (const [n, trouble] of (["refuse", "drop", "refuse"] as const).entries()) {
    proxy.resetAll();
    await store(direct, alertOf(n * 3 + 1));
    await proxy.mode(trouble);
    await store(direct, alertOf(n * 3 + 2));
    await until(() => database.health().status === "fail", "it is away");
    await store(direct, alertOf(n * 3 + 3));
    await proxy.mode("pass");
    await until(() => client.alerts.length === n * 3 + 3, "all came");
  }
  const names = client.alerts.map(({ alert_id }) => alert_id);
  expect(names).toEqual(Array.from({ length: 9 }, (_, n) => alertOf(n + 1).alert_id));
  expect(client.ready).toBe(1);
  await http.close();
  await client.ended();
  await site.end();
});

test("a transaction that somebody keeps open holds the stream back, which is told, and nothing is lost", async () => {
  const site = await postgresSite();
  const database = site.open();
  await store(database, alertOf(0));
  let told = 0;
  const hub = new AlertStreamHub({
    source: database,
    onFault: (error) => expect.unreachable(String(error)),
    onHeldBack: () => {
      told += 1;
    },
  });
  const { signal } = new AbortController();
  const leave = hub.join();
  const place = (await hub.begin(undefined, signal))!;
  await site.run("begin; select pg_current_xact_id()");
  await store(database, alertOf(1));
  const page = hub.next(place, signal);
  await until(() => told === 1, "it is told");
  await site.run("commit");
  expect((await page)?.changes.map(({ id }) => id)).toEqual([alertOf(1).alert_id]);
  leave();
  hub.stop();
  await site.end();
});
