import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import { exampleNotice } from "../../testing/example-notice.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../testing/http-receiver.ts";
import { startMailReceiver } from "../../testing/mail-receiver.ts";
import { OutboxSite } from "../../testing/outbox-site.ts";
import { until } from "../../testing/until.ts";
import { changeChannel, removeChannel } from "../alerts/channels.ts";
import { deliveriesFor, deliveriesPlan, resendDelivery } from "../alerts/deliveries.ts";
import type { DatabaseSite } from "../database/contract.ts";
import { patience } from "./retry-schedule.ts";

const hour = 60 * 60 * 1000;

describe.each([
  ["SQLite", sqliteSite],
  ["PostgreSQL", postgresSite],
] as [string, () => Promise<DatabaseSite>][])("telling people from %s", (_name, connect) => {
  let site: DatabaseSite;
  let outbox: OutboxSite;
  let receivers: HttpReceiver[] = [];
  beforeEach(async () => {
    site = await connect();
    outbox = new OutboxSite(site.open());
  });
  afterEach(async () => {
    await Promise.all(receivers.map((receiver) => receiver.stop()));
    receivers = [];
    await outbox.stop();
    await site.end();
  });

  const receiver = async (): Promise<HttpReceiver> => {
    const started = await startHttpReceiver();
    receivers.push(started);
    return started;
  };
  const idsAt = ({ requests }: HttpReceiver) => requests.map(({ headers }) => headers["webhook-id"]);

  test("a delivery arrives once, with the id of its row, and its try is kept", async () => {
    const hook = await receiver();
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.dispatch();
    const row = await outbox.reached(id, "delivered", 1);
    expect(idsAt(hook)).toEqual([id]);
    expect(JSON.parse(hook.requests[0]?.body ?? "")).toMatchObject({ delivery_id: id });
    expect(row).toMatchObject({ leased_until: 0, settled_at: outbox.now, channel_name: "webhook" });
    expect(row.tries).toMatchObject([{ attempt: 1, outcome: "delivered", code: 200 }]);
    expect(outbox.tried).toEqual(["webhook delivered"]);
  });

  test("a channel is told of what is severe enough for it, and of nothing else", async () => {
    const hook = await receiver();
    await outbox.channel(hook.url, { severity: 3 });
    expect(await outbox.tell(1, "MEDIUM")).toEqual([]);
    expect(await outbox.tell(1, "CRITICAL")).toHaveLength(1);
    await outbox.channel(hook.url, { enabled: 0 });
    expect(await outbox.tell()).toHaveLength(1);
  });

  test("what fails is tried again when it is time and not before, under the same id", async () => {
    const hook = await receiver();
    hook.answer(answers.status(500));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.dispatch();
    const failed = await outbox.reached(id, "pending", 1);
    expect(failed).toMatchObject({ next_at: outbox.now + 5000, leased_until: 0 });
    hook.answer(answers.status(200));
    outbox.later(4999);
    // A later delivery arrives, so the dispatcher has looked.
    const [other = ""] = await outbox.tell();
    outbox.later(0);
    await outbox.reached(other, "delivered", 1);
    expect(await outbox.delivery(id)).toMatchObject({ state: "pending", attempts: 1 });
    outbox.later(1);
    const row = await outbox.reached(id, "delivered", 2);
    expect(idsAt(hook)).toEqual([id, other, id]);
    expect(row.tries.map(({ outcome, code }) => [outcome, code])).toEqual([
      ["retry", 500],
      ["delivered", 200],
    ]);
  });

  test("Retry-After is honoured for the whole channel", async () => {
    const hook = await receiver();
    hook.answer(answers.status(429, "", { "retry-after": "120" }));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.dispatch();
    expect((await outbox.reached(id, "pending", 1)).next_at).toBe(outbox.now + 120_000);
    hook.answer(answers.status(200));
    const other = await receiver();
    await outbox.channel(other.url);
    const [here = "", there = ""] = await outbox.tell();
    outbox.later(60_000);
    await outbox.reached(there, "delivered", 1);
    expect(hook.requests).toHaveLength(1);
    outbox.later(60_000);
    await outbox.reached(id, "delivered", 2);
    await outbox.reached(here, "delivered", 1);
  });

  test("what nobody takes is given up visibly after the last try", async () => {
    const hook = await receiver();
    hook.answer(answers.status(503));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.dispatch();
    for (let tries = 1; tries < patience.tries; tries++) {
      await outbox.reached(id, "pending", tries);
      outbox.later(hour);
    }
    const row = await outbox.reached(id, "dead", patience.tries);
    expect(row.detail).toMatch(/^Given up after 20 tries\. The last one: .*503/);
    expect(outbox.tried.at(-1)).toBe("webhook dead");
    expect(row.tries).toHaveLength(patience.tries);
  });

  test("what the receiver refuses is given up at once, and its neighbours arrive", async () => {
    const hook = await receiver();
    await outbox.channel(hook.url);
    const [bad = "", good = ""] = await outbox.tell(2);
    hook.answer((response, request) => {
      response.writeHead(request.headers["webhook-id"] === bad ? 400 : 200).end();
    });
    outbox.dispatch();
    await outbox.reached(bad, "dead", 1);
    await outbox.reached(good, "delivered", 1);
  });

  test("a receiver that is gone switches its channel off and cancels what waits", async () => {
    const hook = await receiver();
    hook.answer(answers.status(410));
    const channel = await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.now += 1000;
    const [waiting = ""] = await outbox.tell();
    outbox.now -= 1000;
    outbox.dispatch();
    await outbox.reached(id, "dead", 1);
    await outbox.reached(waiting, "cancelled", 0);
    const now = await outbox.channelNow(channel);
    expect(now).toMatchObject({ enabled: 0, version: 2 });
    expect(now.disabled_reason).toContain("410");
    expect(await outbox.tell()).toEqual([]);
  });

  test("a channel that hangs holds up no other, and stopping hands its deliveries back", async () => {
    const [stuck, quick] = [await receiver(), await receiver()];
    stuck.answer(answers.hang);
    const channel = await outbox.channel(stuck.url);
    const hanging = await outbox.tell(6);
    await outbox.channel(quick.url, { severity: 4 });
    const dispatch = outbox.dispatch({ graceMs: 100 });
    await until(() => stuck.requests.length === 4, "four are on their way to the one that hangs");
    const ids = await outbox.tell(20, "CRITICAL");
    dispatch.wake();
    await until(() => quick.requests.length === 20, "the other has all of its notices");
    expect(stuck.requests).toHaveLength(4);
    await dispatch.stop();
    for (const id of [...hanging, ...ids.filter((id) => !idsAt(quick).includes(id))]) {
      expect(await outbox.delivery(id)).toMatchObject({
        ...{ channel_id: channel.channel_id, state: "pending", attempts: 0, leased_until: 0 },
      });
    }
  });

  test("two dispatchers on one database send each delivery once", async () => {
    const hook = await receiver();
    await outbox.channel(hook.url);
    const ids = await outbox.tell(60);
    for (const database of [site.open(), site.open()]) outbox.dispatch({ database });
    await until(() => outbox.tried.length >= 60, "every one is delivered");
    expect(hook.requests).toHaveLength(60);
    expect(new Set(idsAt(hook))).toEqual(new Set(ids));
  });

  test("a channel that was switched off or removed cancels what waits for it; a send in hand ends", async () => {
    const hook = await receiver();
    const held: (() => void)[] = [];
    hook.answer((response) => void held.push(() => response.writeHead(200).end()));
    const [off, gone] = [await outbox.channel(hook.url), await outbox.channel(hook.url)];
    const ids = await outbox.tell();
    outbox.dispatch();
    await until(() => held.length === 2, "both are on their way");
    const waiting = await outbox.tell(1);
    const { now, database } = outbox;
    const { name, settings, severity } = off;
    const changes = { name, settings, severity, enabled: 0, disabled_reason: null };
    await database.write((transaction) => changeChannel(transaction, off, { now, changes }));
    await database.write((transaction) => removeChannel(transaction, gone, now));
    for (const id of [...ids, ...waiting]) await outbox.reached(id, "cancelled", 0);
    for (const answer of held) answer();
    for (const id of ids) await outbox.reached(id, "delivered", 1);
    expect(hook.requests).toHaveLength(2);
  });

  test("what was written while its channel went away is cancelled, not forgotten", async () => {
    const hook = await receiver();
    const channel = await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    await outbox.database.write(({ db }) =>
      db.deleteFrom("channels").where("channel_id", "=", channel.channel_id).execute(),
    );
    outbox.dispatch();
    await outbox.reached(id, "cancelled", 0);
    expect(hook.requests).toHaveLength(0);
  });

  test("a delivery that is sent again keeps its id and its tries, and starts a new schedule", async () => {
    const hook = await receiver();
    hook.answer(answers.status(400));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    const dispatch = outbox.dispatch();
    await outbox.reached(id, "dead", 1);
    outbox.now += 48 * hour;
    hook.answer(answers.status(500));
    const again = () => outbox.database.write((t) => resendDelivery(t, id, outbox.now));
    expect(await again()).toBe("pending again");
    expect(await again()).toBe("pending already");
    dispatch.wake();
    expect(await outbox.reached(id, "pending", 2)).toMatchObject({
      tries: expect.any(Array),
      settled_at: null,
    });
    hook.answer(answers.status(200));
    outbox.later(5000);
    const row = await outbox.reached(id, "delivered", 3);
    expect(row.tries.map(({ outcome }) => outcome)).toEqual(["rejected", "retry", "delivered"]);
    expect(new Set(idsAt(hook))).toEqual(new Set([id]));
  });

  test("a lease that ran out lets another send it again; what is delivered late stays delivered", async () => {
    const hook = await receiver();
    const held: (() => void)[] = [];
    hook.answer((response) => void held.push(() => response.writeHead(200).end()));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    outbox.dispatch({ leaseMs: 1000 });
    await until(() => held.length === 1, "the first has it in hand");
    outbox.now += 1000;
    outbox.dispatch({ database: site.open(), leaseMs: 60_000 });
    await until(() => held.length === 2, "the second sends it again");
    held[0]?.();
    expect(await outbox.reached(id, "delivered", 0)).toMatchObject({ settled_at: outbox.now });
    held[1]?.();
    expect((await outbox.reached(id, "delivered", 1)).tries).toHaveLength(1);
    expect(idsAt(hook)).toEqual([id, id]);
  });

  test("a kind that is not known and settings that are not valid are given up, with the reason", async () => {
    await outbox.channel("ftp://nowhere", { kind: "pigeon" });
    await outbox.channel("", { settings: "{}" });
    const ids = await outbox.tell();
    outbox.dispatch();
    const rows = await Promise.all(ids.map((id) => outbox.reached(id, "dead", 1)));
    const details = rows.map(({ detail }) => detail ?? "").join("\n");
    expect(details).toContain("pigeon");
    expect(details).toContain("not valid");
  });

  test("mail goes to its addresses", async () => {
    const mail = await startMailReceiver();
    const settings = JSON.stringify({ to: ["ops@example.com"], from: "auditflow@example.com" });
    await outbox.channel("", { kind: "email", settings });
    const [id = ""] = await outbox.tell();
    outbox.dispatch({ receivers: { allowedReceivers: ["127.0.0.0/8"], smtpUrl: mail.url } });
    await outbox.reached(id, "delivered", 1);
    await mail.stop();
    expect(mail.mails).toMatchObject([{ to: ["ops@example.com"] }]);
  });

  test("a notice with texts of any length is stored and arrives", async () => {
    const hook = await receiver();
    const { channel_id } = await outbox.channel(hook.url);
    const long = "x\u0000\ud800".repeat(200_000);
    const rows = deliveriesFor({
      channels: [{ channel_id, severity: 0 }],
      notices: [exampleNotice({ title: long, actor: long })],
      now: outbox.now,
      newId: () => "0190a000-0000-7000-8000-00000000abcd",
    });
    await outbox.database.write(({ upsert }) => upsert(deliveriesPlan, rows));
    outbox.dispatch();
    await outbox.reached("0190a000-0000-7000-8000-00000000abcd", "delivered", 1);
    expect(hook.requests[0]?.body.length).toBeLessThan(20_000);
  });
});
