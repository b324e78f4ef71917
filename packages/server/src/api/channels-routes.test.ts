import type {
  Channel,
  ChannelCreated,
  ChannelList,
  ChannelTest,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  Problem,
} from "@auditflow/contracts";
import type { FastifyInstance, InjectOptions } from "fastify";
import { uuidv7 } from "uuidv7";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DatabaseSite } from "../../testing/database-site.ts";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../testing/http-receiver.ts";
import { OutboxSite } from "../../testing/outbox-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { channelsRoutes } from "./channels-routes.ts";
import { deliveriesRoutes } from "./deliveries-routes.ts";
import { rateLimits } from "./rate-limit.ts";
import { createHttp } from "./server.ts";

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("channels and deliveries on %s", (_name, connect) => {
  let site: DatabaseSite;
  let outbox: OutboxSite;
  let hook: HttpReceiver;
  let http: FastifyInstance;
  let anonymousAccess: "operator" | "viewer" = "operator";
  let wakes = 0;

  beforeEach(async () => {
    site = await connect();
    outbox = new OutboxSite(site.open());
    hook = await startHttpReceiver();
    anonymousAccess = "operator";
    http = await serve();
  });
  afterEach(async () => {
    await http.close();
    await outbox.stop();
    await hook.stop();
    await site.end();
  });

  async function serve(): Promise<FastifyInstance> {
    const server = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess, allowedHosts: [] });
    await rateLimits(server, { perMinute: 1000, token: "t" });
    const { database } = outbox;
    const clock = { now: () => outbox.now };
    channelsRoutes(server, { database, clock, log, newId: uuidv7, desk: outbox.desk() });
    deliveriesRoutes(server, { database, clock, wake: () => wakes++ });
    return server;
  }

  const ask = async <T>(method: InjectOptions["method"], path: string, more: InjectOptions = {}) => {
    const answer = await http.inject({ ...more, method: method ?? "GET", url: `/api/v1/${path}` });
    const json = answer.payload === "" ? undefined : answer.json();
    return { status: answer.statusCode, headers: answer.headers, body: json as T };
  };
  const add = (body: object) => ask<ChannelCreated & Problem>("POST", "channels", { payload: body });
  const slack = (more: object = {}) => add({ kind: "slack", settings: { url: hook.url }, ...more });

  test("a channel needs a kind and where it goes; the rest is made up", async () => {
    const { status, headers, body } = await add({ kind: "webhook", settings: { url: hook.url } });
    expect([status, headers.etag]).toEqual([201, '"1"']);
    expect(headers.location).toBe(`/api/v1/channels/${body.channel_id}`);
    expect(body).toMatchObject({
      ...{ name: "webhook", kind: "webhook", settings: {}, secrets: ["url", "secret"], enabled: true },
      ...{ min_severity: "HIGH", disabled_reason: null, version: 1 },
      description: `webhook at 127.0.0.1:${hook.port}`,
      secret: expect.stringMatching(/^whsec_/),
    });
    expect((await slack()).body).toMatchObject({ name: "slack" });
    expect((await slack()).body).toMatchObject({ name: "slack-2" });
  });

  test("no answer holds a secret again", async () => {
    const { body: made } = await add({ kind: "webhook", settings: { url: `${hook.url}/token-of-mine` } });
    const one = await ask<Channel>("GET", `channels/${made.channel_id.toUpperCase()}`);
    expect(one).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    const list = await ask<ChannelList>("GET", "channels");
    const changed = await ask("PATCH", `channels/${made.channel_id}`, { payload: { min_severity: "LOW" } });
    const said = JSON.stringify([one.body, list.body, changed.body]);
    expect(said).not.toContain("whsec_");
    expect(said).not.toContain("token-of-mine");
    const given = await add({ kind: "webhook", settings: { url: hook.url, secret: made.secret } });
    expect([given.status, given.body.secret]).toEqual([201, undefined]);
  });

  test("wrong settings are pointed at, one by one, and nothing is stored", async () => {
    const pointers = async (body: object) => {
      const { status, body: problem } = await add(body);
      return [status, (problem.errors ?? []).map(({ pointer }) => pointer)];
    };
    expect(await pointers({ kind: "pigeon" })).toEqual([400, ["/body/kind"]]);
    expect(await pointers({ kind: "slack" })).toEqual([400, ["/body/settings"]]);
    expect(await pointers({ kind: "slack", settings: { url: "http://10.0.0.1/x" } })).toEqual([
      400,
      ["/body/settings/url"],
    ]);
    expect(await pointers({ kind: "slack", settings: { url: "nonsense" } })).toEqual([
      400,
      ["/body/settings/url"],
    ]);
    expect((await pointers({ kind: "log", name: "\u0000" }))[0]).toBe(400);
    expect((await slack({ name: "a" })).status).toBe(201);
    const taken = await slack({ name: "a" });
    expect([taken.status, taken.body.code, taken.body.errors?.[0]?.pointer]).toEqual([
      409,
      "state_conflict",
      "/body/name",
    ]);
    expect((await ask<ChannelList>("GET", "channels")).body.channels).toHaveLength(1);
  });

  test("a change leaves the rest, is laid over the settings, and needs the version that was seen", async () => {
    const { body: made } = await add({ kind: "webhook", settings: { url: hook.url } });
    const path = `channels/${made.channel_id}`;
    const first = await ask<Channel>("PATCH", path, {
      payload: { name: "pager", enabled: false },
      headers: { "if-match": '"1"' },
    });
    expect(first.body).toMatchObject({ name: "pager", enabled: false, min_severity: "HIGH", version: 2 });
    expect(first.headers.etag).toBe('"2"');
    const stale = { payload: { name: "other" }, headers: { "if-match": '"1"' } };
    expect((await ask("PATCH", path, stale)).status).toBe(412);
    expect((await ask("DELETE", path, { headers: stale.headers })).status).toBe(412);
    const settings = { url: `${hook.url}/new` };
    expect((await ask<Channel>("PATCH", path, { payload: { settings } })).status).toBe(200);
    const stored = await outbox.channelNow(made as never);
    expect(JSON.parse(stored.settings)).toEqual({ ...settings, secret: made.secret });
    const bad = await ask<Problem>("PATCH", path, { payload: { settings: { url: null } } });
    expect([bad.status, bad.body.errors?.[0]?.pointer]).toEqual([400, "/body/settings"]);
    await slack({ name: "taken" });
    expect((await ask("PATCH", path, { payload: { name: "taken" } })).status).toBe(409);
    expect((await ask("PATCH", path, { payload: {} })).status).toBe(400);
  });

  test("removing or switching off cancels what waits; what is gone answers 404", async () => {
    const [off, gone] = [(await slack()).body.channel_id, (await slack()).body.channel_id];
    const ids = await outbox.tell();
    await ask("PATCH", `channels/${off}`, { payload: { enabled: false } });
    expect((await ask("DELETE", `channels/${gone}`)).status).toBe(204);
    expect((await ask("DELETE", `channels/${gone}`)).status).toBe(404);
    expect((await ask("GET", `channels/${gone}`)).status).toBe(404);
    const { deliveries } = (await ask<DeliveryList>("GET", "deliveries?state=cancelled")).body;
    expect(deliveries.map(({ delivery_id }) => delivery_id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(deliveries.map(({ channel_name }) => channel_name))).toEqual(new Set([null, "slack"]));
    const resent = await ask<Problem>("POST", `deliveries/${deliveries[0]?.delivery_id}/resend`);
    expect([resent.status, resent.body.detail]).toEqual([409, expect.stringContaining("switched off")]);
  });

  test("a test is sent at once and says what became of it, and may be asked for ten times a minute", async () => {
    const { body } = await slack();
    const path = `channels/${body.channel_id}/test`;
    expect((await ask<ChannelTest>("POST", path)).body).toMatchObject({ outcome: "delivered", status: 200 });
    hook.answer(answers.status(404));
    expect((await ask<ChannelTest>("POST", path)).body).toMatchObject({ outcome: "rejected", status: 404 });
    expect(hook.requests).toHaveLength(2);
    expect((await ask<DeliveryList>("GET", "deliveries")).body.deliveries).toEqual([]);
    expect((await ask("POST", `channels/${uuidv7()}/test`)).status).toBe(404);
    for (let n = 3; n < 10; n++) expect((await ask("POST", path)).status).toBe(200);
    expect((await ask<Problem>("POST", path)).body.code).toBe("rate_limited");
    expect((await ask("GET", "channels")).status).toBe(200);
  });

  test("viewers read and change nothing", async () => {
    const { body } = await slack();
    await http.close();
    anonymousAccess = "viewer";
    http = await serve();
    expect((await ask("GET", "channels")).status).toBe(200);
    expect((await ask("GET", "deliveries")).status).toBe(200);
    const refused = [
      await slack(),
      await ask("PATCH", `channels/${body.channel_id}`, { payload: { enabled: false } }),
      await ask("DELETE", `channels/${body.channel_id}`),
      await ask("POST", `channels/${body.channel_id}/test`),
      await ask("POST", `deliveries/${uuidv7()}/resend`),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  });

  test("deliveries are listed newest first, each once over all pages, narrowed as asked", async () => {
    const [one, two] = [(await slack()).body, (await slack()).body];
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push(...(await outbox.tell()));
      // Two of one instant.
      outbox.now += n === 2 ? 0 : 1000;
    }
    const seen: Delivery[] = [];
    let url: string | undefined = "deliveries?limit=3";
    while (url !== undefined) {
      const answer: { body: DeliveryList; headers: Record<string, unknown> } = await ask("GET", url);
      const { body, headers } = answer;
      seen.push(...body.deliveries);
      url = /^<\/api\/v1\/(.+)>; rel="next"$/.exec(String(headers.link ?? ""))?.[1];
      expect(url === undefined).toBe(body.next === null);
    }
    expect(seen.map(({ delivery_id }) => delivery_id).toSorted()).toEqual(ids.toSorted());
    expect(seen).toEqual(
      seen.toSorted((a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0)),
    );
    expect(seen[0]).toMatchObject({ state: "pending", attempts: 0, severity: "HIGH", title: "incident 0" });
    const only = async (query: string) =>
      (await ask<DeliveryList>("GET", `deliveries?${query}`)).body.deliveries;
    expect(await only(`channel_id=${one.channel_id.toUpperCase()}`)).toHaveLength(5);
    expect(await only(`incident_id=${seen[0]?.incident_id}`)).toHaveLength(2);
    expect(await only(`channel_id=${two.channel_id}&state=dead`)).toEqual([]);
    expect((await ask("GET", "deliveries?cursor=forged")).status).toBe(400);
    expect((await ask("GET", "deliveries?state=lost")).status).toBe(400);
  });

  test("a delivery shows its tries and its notice, and is sent again under its id", async () => {
    await slack();
    hook.answer(answers.status(404));
    const [id = ""] = await outbox.tell();
    const dispatch = outbox.dispatch();
    await outbox.reached(id, "dead", 1);
    const detail = (await ask<DeliveryDetail>("GET", `deliveries/${id.toUpperCase()}`)).body;
    expect(detail).toMatchObject({
      state: "dead",
      attempts: 1,
      next_attempt_at: null,
      type: "incident.opened",
    });
    expect(detail.tries).toMatchObject([{ attempt: 1, outcome: "rejected", status: 404 }]);
    expect(detail.notice.delivery_id).toBe(id);
    hook.answer(answers.status(200));
    const before = wakes;
    const again = await ask<Delivery>("POST", `deliveries/${id}/resend`);
    expect(again).toMatchObject({ status: 200, body: { delivery_id: id, state: "pending", attempts: 1 } });
    expect(wakes).toBe(before + 1);
    dispatch.wake();
    await outbox.reached(id, "delivered", 2);
    expect((await ask("POST", `deliveries/${uuidv7()}/resend`)).status).toBe(404);
  });

  test("a pending delivery need not be sent again: 409", async () => {
    await slack();
    const [id = ""] = await outbox.tell();
    const { status, body } = await ask<Problem>("POST", `deliveries/${id}/resend`);
    expect([status, body.code]).toEqual([409, "state_conflict"]);
  });
});
