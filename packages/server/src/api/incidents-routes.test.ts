import type { History, Incident, IncidentList, Operation, Problem } from "@auditflow/contracts";
import type { LightMyRequestResponse } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { alertId, alertOf, TriageSite } from "../../testing/triage-site.ts";
import type { DatabaseSite } from "../database/contract.ts";

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("incidents on %s", (_name, connect) => {
  let site: TriageSite;
  beforeEach(async () => {
    site = new TriageSite(await connect());
  });
  afterEach(() => site.end());

  const idOf = async (n: number) => (await site.incidents())[n]!.incident_id;
  const list = async (query = "") => (await site.get(`incidents?${query}`)).json<IncidentList>();
  const one = async (id: string) => (await site.get(`incidents/${id}`)).json<Incident>();

  test("an incident is told with the alert that opened it, as that one is now", async () => {
    await site.store(alertOf(1), alertOf(2, { severity: "CRITICAL" }));
    await site.act(1, { action: "acknowledge" });
    const incident = await one((await idOf(0)).toUpperCase());
    expect(incident).toMatchObject({
      ...{
        title: "Brute force",
        status: "open",
        severity: "CRITICAL",
        rule_id: "r-1",
        rule_name: "SSH brute force",
      },
      ...{
        alert_count: 2,
        first_seen: alertOf(1).timestamp,
        last_seen: alertOf(2).timestamp,
        takes_alerts: true,
      },
      opened_at: new Date(1_800_000_000_001).toISOString(),
    });
    expect(incident.opened_by).toMatchObject({ incident_id: incident.incident_id });
    const first = [1, 2].find((n) => alertId(n) === incident.opened_by.alert_id);
    expect(incident.opened_by.status).toBe(first === 1 ? "acknowledged" : "open");
    expect((await site.get(`incidents/${alertId(1)}`)).statusCode).toBe(404);
    expect((await site.get(`incidents/${alertId(1)}/history`)).statusCode).toBe(404);
  });

  test("its status is the least settled of its standing alerts, and it takes new ones until it is settled", async () => {
    await site.store(alertOf(1), alertOf(2), alertOf(3));
    const states: [string, number][] = [];
    const steps: [number, object][] = [
      [1, { action: "acknowledge" }],
      [2, { action: "close", reason: "other" }],
      [3, { action: "acknowledge" }],
      [1, { action: "resolve" }],
      [3, { action: "resolve" }],
      [1, { action: "close", reason: "other" }],
      [3, { action: "close", reason: "other" }],
      [2, { action: "reopen" }],
    ];
    for (const [n, action] of steps) {
      expect((await site.act(n, action)).statusCode).toBe(200);
      const [row] = await site.incidents();
      states.push([row!.status, row!.joinable]);
    }
    expect(states).toEqual([
      ["open", 1],
      ["open", 1],
      ["acknowledged", 1],
      ["acknowledged", 1],
      ["resolved", 0],
      ["resolved", 0],
      ["closed", 0],
      ["open", 1],
    ]);
    const { history } = (await site.get(`incidents/${await idOf(0)}/history`)).json<History>();
    expect(history.map(({ from, to }) => [from.status, to.status])).toEqual([
      ["open", "acknowledged"],
      ["acknowledged", "resolved"],
      ["resolved", "closed"],
      ["closed", "open"],
    ]);
  });

  test("of several incidents of a fingerprint only the newest takes alerts again", async () => {
    await site.store(alertOf(1));
    const resolved = (await site.act(1, { action: "resolve" })).headers["operation-id"];
    await site.store(alertOf(2));
    await site.act(2, { action: "resolve" });
    const taking = async () => (await site.incidents()).map(({ status, joinable }) => [status, joinable]);
    expect(await taking()).toEqual([
      ["resolved", 0],
      ["resolved", 0],
    ]);
    await site.post(`operations/${String(resolved)}/undo`);
    expect(await taking()).toEqual([
      ["open", 0],
      ["resolved", 0],
    ]);
    await site.post("alerts/actions", { action: "reopen", alert_ids: [alertId(1), alertId(2)] });
    expect(await taking()).toEqual([
      ["open", 0],
      ["open", 1],
    ]);
    await site.store(alertOf(3));
    expect((await site.incidents()).map(({ alert_count }) => alert_count)).toEqual([1, 2]);
  });

  test("an action on an incident acts on all its standing alerts, and both histories say so", async () => {
    await site.store(alertOf(1), alertOf(2), alertOf(3), alertOf(4, { actor: 1 }));
    await site.store(alertOf(3, { revision: 2, merged_into: alertId(1) }));
    const url = `incidents/${await idOf(0)}/actions`;
    const before = await site.get(`incidents/${await idOf(0)}`);
    const tag = String(before.headers.etag);
    const acted = await site.post(
      url,
      { action: "close", reason: "handled", note: "done" },
      { "if-match": tag },
    );
    expect(acted.json<Incident>()).toMatchObject({ status: "closed", alert_count: 2, takes_alerts: false });
    expect(await site.statuses()).toEqual(["closed", "closed", "open", "open"]);
    const { history } = (await site.get(`incidents/${await idOf(0)}/history`)).json<History>();
    expect(history).toMatchObject([{ action: "close", note: "done", to: { status: "closed" }, version: 1 }]);
    const stale = await site.post(url, { action: "reopen" }, { "if-match": tag });
    expect(stale.json<Problem>().code).toBe("precondition_failed");
    expect((await site.get(`incidents/${await idOf(0)}`)).headers.etag).toBe(acted.headers.etag);
    const refused = await site.post(url, { action: "resolve" });
    expect(refused.json<Problem>()).toMatchObject({
      status: 409,
      detail: expect.stringContaining("is closed"),
    });
    const undone = await site.post(`operations/${String(acted.headers["operation-id"])}/undo`);
    expect(undone.json<Operation>()).toMatchObject({ matched: 2, changed: 2 });
    expect(await one(await idOf(0))).toMatchObject({ status: "open", takes_alerts: true });
  });

  test("pages hold every incident once, those opened last first", async () => {
    for (let n = 0; n < 7; n += 1)
      await site.store(alertOf(n, { actor: n }), alertOf(n + 100, { actor: n + 100 }));
    const seen: string[] = [];
    for (let url: string | undefined = "/api/v1/incidents?limit=4"; url !== undefined; ) {
      const answer: LightMyRequestResponse = await site.http.inject(url);
      seen.push(...answer.json<IncidentList>().incidents.map(({ incident_id }) => incident_id));
      url = /^<(.+)>; rel="next"$/.exec(String(answer.headers.link))?.[1];
      if (seen.length === 8) await site.store(alertOf(50, { actor: 50 }));
    }
    const rows = (await site.incidents()).filter(({ actor }) => actor !== "user50");
    const newestFirst = rows.sort((a, b) => b.at - a.at || (a.incident_id < b.incident_id ? 1 : -1));
    expect(seen).toEqual(newestFirst.map(({ incident_id }) => incident_id));
  });

  test("the list is narrowed by status and by a filter that one of its alerts matches", async () => {
    await site.store(
      alertOf(1),
      alertOf(2, { severity: "LOW" }),
      alertOf(3, { actor: 1 }),
      alertOf(4, { actor: 2 }),
    );
    await site.act(3, { action: "resolve" });
    const actors = async (query: string) =>
      (await list(query)).incidents.map(({ opened_by }) => opened_by.triggered_by.actor_id).sort();
    expect(await actors("")).toEqual(["user0", "user1", "user2"]);
    expect(await actors("status=resolved")).toEqual(["user1"]);
    expect(await actors("status=open,resolved&filter=user:user0,user1")).toEqual(["user0", "user1"]);
    expect(await actors("filter=severity:low")).toEqual(["user0"]);
    expect(await actors("filter=")).toHaveLength(3);
    const faults = async (query: string) => (await site.get(`incidents?${query}`)).json<Problem>().errors;
    expect(await faults("filter=sev:low")).toMatchObject([
      { pointer: "/filter", detail: expect.stringContaining("0..") },
    ]);
    expect(await faults("cursor=forged")).toMatchObject([{ pointer: "/cursor" }]);
    expect(await faults("status=ajar")).toMatchObject([
      { pointer: expect.stringContaining("/querystring/status") },
    ]);
  });

  test("an incident whose alerts all became part of others is not listed any more", async () => {
    await site.store(alertOf(1), alertOf(2, { actor: 1 }));
    await site.store(alertOf(2, { actor: 1, revision: 2, merged_into: alertId(1) }));
    expect((await list()).incidents).toHaveLength(1);
    const gone = await idOf(1);
    expect((await site.get(`incidents/${gone}`)).statusCode).toBe(404);
    expect((await site.post(`incidents/${gone}/actions`, { action: "acknowledge" })).statusCode).toBe(404);
  });
});
