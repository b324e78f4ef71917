import type { AlertDetail, History, Operation, Problem } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countedDatabase } from "../../testing/counted-database.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { alertId, alertOf, TriageSite } from "../../testing/triage-site.ts";
import type { DatabaseSite } from "../database/contract.ts";

const sites: [string, () => Promise<DatabaseSite>][] = [
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
];

describe.each(sites)("deciding about alerts on %s", (_name, connect) => {
  let site: TriageSite;
  beforeEach(async () => {
    site = new TriageSite(await connect());
  });
  afterEach(() => site.end());

  const ids = (...numbers: number[]) => numbers.map(alertId);
  const many = (payload: object, headers?: Record<string, string>) =>
    site.post("alerts/actions", payload, headers);
  const selection = (changes: object = {}) => ({
    as_of: new Date(site.clock.at).toISOString(),
    expected_count: 0,
    ...changes,
  });
  const history = async (n: number) =>
    (await site.get(`alerts/${alertId(n)}/history`)).json<History>().history;

  test("an alert is acknowledged, resolved, reopened and closed with a reason, and the history says who did what", async () => {
    await site.store(alertOf(1));
    await site.act(1, { action: "acknowledge" });
    await site.act(1, { action: "resolve", note: "was the backup" }, { authorization: "Bearer t" });
    await site.act(1, { action: "reopen" });
    const closed = await site.act(1, { action: "close", reason: "expected_activity" });
    expect(closed.json()).toMatchObject({
      alert_id: alertId(1),
      status: "closed",
      close_reason: "expected_activity",
    });
    expect(closed.headers.etag).toBe('"1.5"');
    expect(
      (await history(1)).map(({ action, who, note, version, to }) => [action, who, note, version, to]),
    ).toEqual([
      ["acknowledge", "anonymous", null, 2, { status: "acknowledged", assignee: null, close_reason: null }],
      [
        "resolve",
        "api-token",
        "was the backup",
        3,
        { status: "resolved", assignee: null, close_reason: null },
      ],
      ["reopen", "anonymous", null, 4, { status: "open", assignee: null, close_reason: null }],
      [
        "close",
        "anonymous",
        null,
        5,
        { status: "closed", assignee: null, close_reason: "expected_activity" },
      ],
    ]);
    const reopened = await site.act(1, { action: "reopen" });
    expect(reopened.json<AlertDetail>()).toMatchObject({ status: "open", close_reason: null });
  });

  test("an assignee is kept as it is written, trimmed, and taken away with null", async () => {
    await site.store(alertOf(1));
    const assigned = await site.act(1, { action: "assign", assignee: "  Ålice Smith " });
    expect(assigned.json<AlertDetail>()).toMatchObject({
      assignee: "Ålice Smith",
      status: "open",
      version: 2,
    });
    const same = await site.act(1, { action: "assign", assignee: "Ålice Smith" });
    expect(same.json<AlertDetail>().version).toBe(2);
    expect((await site.act(1, { action: "assign", assignee: null })).json<AlertDetail>().assignee).toBeNull();
  });

  test("an alert that is so already stays as it is; with a note it takes the note", async () => {
    await site.store(alertOf(1));
    await site.act(1, { action: "close", reason: "duplicate" });
    const again = await site.act(1, { action: "close", reason: "duplicate" });
    expect([again.statusCode, again.headers.etag]).toEqual([200, '"1.2"']);
    const operation = await site.get(`operations/${String(again.headers["operation-id"])}`);
    expect(operation.json<Operation>()).toMatchObject({ matched: 1, changed: 0 });
    await site.act(1, { action: "close", reason: "duplicate", note: "of the one above" });
    expect((await history(1)).map(({ note, to }) => [note, to.close_reason])).toEqual([
      [null, "duplicate"],
      ["of the one above", "duplicate"],
    ]);
    expect((await site.act(1, { action: "close", reason: "other" })).statusCode).toBe(409);
  });

  test("an action that the status does not allow is refused for one alert, and leaves it in bulk", async () => {
    await site.store(alertOf(1), alertOf(2));
    await site.act(1, { action: "resolve" });
    const refused = await site.act(1, { action: "acknowledge" });
    expect(refused.json<Problem>()).toMatchObject({
      ...{ status: 409, code: "state_conflict" },
      detail: "The alert is resolved; acknowledge is for what is open",
    });
    const bulk = await many({ action: "acknowledge", alert_ids: ids(1, 2), note: "seen" });
    expect(bulk.json<Operation>()).toMatchObject({
      action: "acknowledge",
      matched: 2,
      changed: 1,
      who: "anonymous",
    });
    expect(await site.statuses()).toEqual(["resolved", "acknowledged"]);
  });

  test("alerts that became part of another are not acted on, and unknown ones not meant", async () => {
    await site.store(alertOf(1), alertOf(2));
    await site.store(alertOf(2, { revision: 2, merged_into: alertId(1) }));
    const one = await site.act(2, { action: "acknowledge" });
    expect([one.statusCode, one.json<Problem>().detail]).toEqual([409, expect.stringContaining(alertId(1))]);
    const bulk = await many({
      action: "acknowledge",
      alert_ids: [...ids(1, 2, 3), alertId(1).toUpperCase()],
    });
    expect(bulk.json()).toMatchObject({ matched: 1, changed: 1 });
    expect(await site.statuses()).toEqual(["acknowledged", "open"]);
    expect((await site.act(9, { action: "acknowledge" })).statusCode).toBe(404);
    expect((await site.get(`alerts/${alertId(9)}/history`)).statusCode).toBe(404);
  });

  test("If-Match with another state is refused with 412, and so is a weak tag", async () => {
    await site.store(alertOf(1));
    const ack = { action: "acknowledge" };
    for (const tag of ['"1.2"', 'W/"1.1"', "nonsense"]) {
      const refused = await site.act(1, ack, { "if-match": tag });
      expect([refused.statusCode, refused.json<Problem>().code]).toEqual([412, "precondition_failed"]);
    }
    const done = await site.act(1, ack, { "if-match": '"9.9", "1.1"' });
    expect([done.statusCode, done.headers.etag]).toEqual([200, '"1.2"']);
    await site.store(alertOf(1, { revision: 2, count: 9 }));
    expect((await site.act(1, { action: "resolve" }, { "if-match": '"1.2"' })).statusCode).toBe(412);
    expect((await site.act(1, { action: "resolve" }, { "if-match": "*" })).statusCode).toBe(200);
  });

  test("a grown revision leaves what people decided", async () => {
    await site.store(alertOf(1));
    await site.act(1, { action: "assign", assignee: "bob" });
    await site.act(1, { action: "close", reason: "handled" });
    await site.store(alertOf(1, { revision: 2, count: 70 }));
    const kept = { status: "closed", assignee: "bob", reason: "handled", version: 3, count: 70, revision: 2 };
    expect(await site.alerts()).toMatchObject([kept]);
  });

  test("a selection acts on what matched when the caller looked, in the filter and the span", async () => {
    await site.store(...[1, 2, 3, 4].map((n) => alertOf(n, { severity: n < 4 ? "HIGH" : "LOW" })));
    const seen = selection({ filter: "severity:high", expected_count: 3 });
    await site.store(alertOf(5));
    const span = { from: "2026-03-01T12:00:02Z", to: "2026-03-01T12:00:04Z" };
    const some = await many({ action: "acknowledge", selection: { ...seen, ...span, expected_count: 2 } });
    expect(some.json()).toMatchObject({ matched: 2, changed: 2 });
    const all = await many({ action: "acknowledge", selection: seen });
    expect(all.json()).toMatchObject({ matched: 3, changed: 1 });
    expect(await site.statuses()).toEqual(["acknowledged", "acknowledged", "acknowledged", "open", "open"]);
    const none = await many({
      action: "resolve",
      selection: { ...seen, filter: "user:nobody", expected_count: 0 },
    });
    expect(none.json()).toMatchObject({ matched: 0, changed: 0 });
  });

  test("another number than expected changes nothing and names both", async () => {
    await site.store(alertOf(1), alertOf(2));
    const refused = await many({ action: "acknowledge", selection: selection({ expected_count: 7 }) });
    expect(refused.json<Problem>()).toMatchObject({
      ...{ status: 409, code: "state_conflict" },
      detail: "2 alerts match now, 7 were expected; nothing was changed",
    });
    expect(await site.statuses()).toEqual(["open", "open"]);
    expect(await site.database.reader.selectFrom("operations").selectAll().execute()).toEqual([]);
  });

  test("an operation is undone once; alerts that somebody acted on since stay as they are", async () => {
    await site.store(alertOf(1), alertOf(2), alertOf(3));
    await site.act(1, { action: "assign", assignee: "eve" });
    const { operation_id } = (
      await many({ action: "close", reason: "duplicate", alert_ids: ids(1, 2, 3) })
    ).json<Operation>();
    await site.act(2, { action: "note", note: "no duplicate" });
    await site.store(alertOf(3, { revision: 2, count: 11 }));
    const undone = await site.post(`operations/${operation_id.toUpperCase()}/undo`);
    expect(undone.json<Operation>()).toMatchObject({ action: "undo", matched: 3, changed: 2 });
    expect(await site.alerts()).toMatchObject([
      { status: "open", assignee: "eve", reason: null, version: 4 },
      { status: "closed", reason: "duplicate", version: 3 },
      { status: "open", reason: null, version: 3, count: 11 },
    ]);
    expect((await history(1)).map(({ action, to }) => [action, to.status])).toEqual([
      ["assign", "open"],
      ["close", "closed"],
      ["undo", "open"],
    ]);
    const twice = await site.post(`operations/${operation_id}/undo`);
    expect([twice.statusCode, twice.json<Problem>().detail]).toEqual([
      409,
      expect.stringContaining("undone already"),
    ]);
    const undo = await site.post(`operations/${undone.json<Operation>().operation_id}/undo`);
    expect([undo.statusCode, undo.json<Problem>().detail]).toEqual([
      409,
      expect.stringContaining("act anew"),
    ]);
    expect((await site.post(`operations/${alertId(1)}/undo`)).statusCode).toBe(404);
    expect((await site.get(`operations/${operation_id}`)).json()).toMatchObject({ matched: 3, changed: 3 });
  });

  test("two undos at once: one is done, the other is told so", async () => {
    await site.store(alertOf(1));
    const acted = await site.act(1, { action: "resolve" });
    const url = `operations/${String(acted.headers["operation-id"])}/undo`;
    const codes = (await Promise.all([site.post(url), site.post(url)])).map(({ statusCode }) => statusCode);
    expect(codes.sort((a, b) => a - b)).toEqual([200, 409]);
    expect(await site.alerts()).toMatchObject([{ status: "open", version: 3 }]);
  });

  test("a repeated Idempotency-Key gets the same answer and nothing is done again", async () => {
    await site.store(alertOf(1));
    const key = { "idempotency-key": "a key, with spaces" };
    const note = { action: "note", note: "once" };
    const [first, second] = [await site.act(1, note, key), await site.act(1, note, key)];
    expect([first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]]).toEqual([
      undefined,
      "true",
    ]);
    expect([second.body, second.headers.etag]).toEqual([first.body, first.headers.etag]);
    expect(second.headers["operation-id"]).toBe(first.headers["operation-id"]);
    expect(await history(1)).toHaveLength(1);
    const other = await site.act(1, { action: "note", note: "another" }, key);
    expect([other.statusCode, other.json<Problem>().code]).toEqual([422, "idempotency_mismatch"]);
    expect(
      (await site.act(1, note, { ...key, authorization: "Bearer t" })).headers["idempotency-replayed"],
    ).toBeUndefined();
    site.clock.at += 24 * 60 * 60 * 1000;
    expect((await site.act(1, { action: "note", note: "another" }, key)).statusCode).toBe(200);
    expect(await history(1)).toHaveLength(3);
  });

  test("the same request many times at once is done once", async () => {
    await site.store(alertOf(1));
    const key = { "idempotency-key": "k" };
    const note = { action: "note", note: "once" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => site.act(1, note, key)));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers["idempotency-replayed"] === undefined)).toHaveLength(1);
    expect(await history(1)).toHaveLength(1);
  });

  test("two bulk actions at once over some of the same alerts leave each as the later one says", async () => {
    await site.store(...Array.from({ length: 60 }, (_, n) => alertOf(n, { actor: n % 7 })));
    const upTo = (last: number, first = 0) =>
      ids(...Array.from({ length: last - first }, (_, n) => n + first));
    const answers = await Promise.all([
      many({ action: "resolve", alert_ids: upTo(40) }),
      many({ action: "close", reason: "other", alert_ids: upTo(60, 20).reverse() }),
      many({ action: "assign", assignee: "eve", alert_ids: upTo(50, 10) }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    const rows = await site.alerts();
    for (const row of rows) {
      const lines = await history(Number.parseInt(row.alert_id.slice(-12), 16));
      expect(row.version).toBe(lines.length + 1);
      expect(lines.at(-1)?.to).toMatchObject({ status: row.status, assignee: row.assignee });
    }
    expect(rows.slice(0, 20).every(({ status }) => status === "resolved")).toBe(true);
    expect(rows.slice(20).every(({ status }) => status === "closed")).toBe(true);
  });

  test("actions go through while alerts of the same incidents keep coming, and the incidents' status fits", async () => {
    await site.store(...Array.from({ length: 40 }, (_, n) => alertOf(n, { actor: n % 2 })));
    const coming = async (): Promise<void> => {
      for (let n = 100; n < 180; n += 4) {
        await site.store(...[0, 1, 2, 3].map((k) => alertOf(n + k, { actor: k % 3 })));
      }
    };
    const acting = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 2) {
        const acted = await many({
          action: "close",
          reason: "other",
          alert_ids: ids(n, n + 1, n + 20, n + 21),
        });
        expect([acted.statusCode, acted.json<Operation>().changed]).toEqual([200, 4]);
      }
    };
    await Promise.all([coming(), acting()]);
    const open = new Set(
      (await site.alerts()).filter(({ status }) => status === "open").map(({ incident_id }) => incident_id),
    );
    for (const { incident_id, status, joinable } of await site.incidents()) {
      expect([status, joinable]).toEqual(open.has(incident_id) ? ["open", joinable] : ["closed", 0]);
    }
  });

  test("an action and its undo cost as many statements for 1,000 alerts in 200 incidents as for one", async () => {
    const counted = countedDatabase(site.database);
    const other = new TriageSite({ open: () => counted.database, end: async () => undefined });
    other.clock.at = site.clock.at;
    await site.store(...Array.from({ length: 1001 }, (_, n) => alertOf(n, { actor: n % 200 })));
    const counts: number[] = [];
    const costOf = async (url: string, payload?: object): Promise<Operation> => {
      const before = counted.statements();
      const answer = await other.post(url, payload, { "idempotency-key": url + counts.length });
      expect(answer.statusCode).toBe(200);
      counts.push(counted.statements() - before);
      return answer.json<Operation>();
    };
    for (const alert_ids of [ids(1000), ids(...Array.from({ length: 1000 }, (_, n) => n))]) {
      const done = await costOf("alerts/actions", { action: "close", reason: "other", alert_ids });
      const undone = await costOf(`operations/${done.operation_id}/undo`);
      expect([done.changed, undone.changed]).toEqual([alert_ids.length, alert_ids.length]);
    }
    expect(counts.slice(2)).toEqual(counts.slice(0, 2));
    expect(Math.max(...counts)).toBeLessThanOrEqual(10);
    await other.http.close();
  });

  test("what an action lacks, has no use for, or cannot be kept is told field by field, and nothing is changed", async () => {
    await site.store(alertOf(1));
    const faultsOf = async (payload: object): Promise<(string | undefined)[]> => {
      const refused = await site.act(1, payload);
      expect(refused.statusCode).toBe(400);
      return (refused.json<Problem>().errors ?? []).map(({ pointer }) => pointer);
    };
    expect(await faultsOf({ action: "close" })).toEqual(["/reason"]);
    expect(await faultsOf({ action: "resolve", reason: "other", assignee: "bob" })).toEqual([
      "/reason",
      "/assignee",
    ]);
    expect(await faultsOf({ action: "assign" })).toEqual(["/assignee"]);
    expect(await faultsOf({ action: "assign", assignee: " \t" })).toEqual(["/assignee"]);
    expect(await faultsOf({ action: "note" })).toEqual(["/note"]);
    expect(await faultsOf({ action: "note", note: "a\0b" })).toEqual(["/note"]);
    expect(await faultsOf({ action: "assign", assignee: "\ud800" })).toEqual(["/assignee"]);
    expect(await faultsOf({ action: "delete" })).toEqual(["/body/action"]);
    expect(await faultsOf({ action: "note", note: "x".repeat(4001) })).toEqual(["/body/note"]);
    expect(await site.alerts()).toMatchObject([{ status: "open", version: 1 }]);
  });

  test("a bulk action needs ids or a selection, and a filter's faults are shown at their place", async () => {
    const faultsOf = async (payload: object) => (await many(payload)).json<Problem>().errors;
    const pointers = async (payload: object) => (await faultsOf(payload))?.map(({ pointer }) => pointer);
    const action = "acknowledge";
    expect(await pointers({ action })).toEqual(["/alert_ids"]);
    expect(await pointers({ action, alert_ids: ids(1), selection: selection() })).toEqual(["/alert_ids"]);
    expect(await pointers({ action, alert_ids: ["1; drop table alerts"] })).toEqual(["/body/alert_ids/0"]);
    expect(await faultsOf({ action, selection: selection({ filter: "host:a sev:high" }) })).toEqual([
      { pointer: "/selection/filter", detail: expect.stringMatching(/^at 7\.\.\d+ "sev/) },
    ]);
    expect(await pointers({ action, selection: selection({ from: "2026-02-30T00:00:00Z" }) })).toEqual([
      expect.stringMatching(/selection\/from$/),
    ]);
    expect(await pointers({ action, selection: selection({ filter: "a\0" }) })).toEqual([
      "/selection/filter",
    ]);
    const bad = await many({ action, alert_ids: ids(1) }, { "idempotency-key": "ä" });
    expect([bad.statusCode, bad.json<Problem>().errors?.[0]?.pointer]).toEqual([
      400,
      "/headers/idempotency-key",
    ]);
  });

  test("whoever may only read may not act", async () => {
    await site.store(alertOf(1));
    const wrong = await site.act(1, { action: "acknowledge" }, { authorization: "Bearer wrong" });
    expect(wrong.statusCode).toBe(401);
    expect(await site.statuses()).toEqual(["open"]);
  });
});
