import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { postgresSite, sqliteSite } from "../../testing/database-sites.ts";
import type { DispatchTask } from "../../testing/dispatch-child.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../testing/http-receiver.ts";
import { OutboxSite } from "../../testing/outbox-site.ts";
import { until } from "../../testing/until.ts";

const script = fileURLToPath(new URL("../../testing/dispatch-child.ts", import.meta.url));
let ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
});

async function receiver(): Promise<HttpReceiver> {
  const hook = await startHttpReceiver();
  ends.push(() => hook.stop());
  return hook;
}

function startChild(task: DispatchTask): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=auditflow-source", script, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  ends.push(() => kill(child));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** The receiver kills the sender while it has the request, then answers those that come after. */
async function killedWhileSending(outbox: OutboxSite, place: DispatchTask["place"]): Promise<void> {
  const hook = await receiver();
  hook.answer(answers.hang);
  await outbox.channel(hook.url);
  const [id = ""] = await outbox.tell();
  const child = startChild({ place, leaseMs: 300 });
  await until(() => hook.requests.length === 1, "the receiver has the request");
  await kill(child);
  expect(await outbox.delivery(id)).toMatchObject({ state: "pending", attempts: 0 });
  hook.answer(answers.status(200));
  const again = startChild({ place, leaseMs: 30_000 });
  const row = await outbox.reached(id, "delivered", 1);
  await kill(again);
  expect(hook.requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  expect(new Set(hook.requests.map(({ body }) => body)).size).toBe(1);
  expect(row.tries).toHaveLength(1);
  const rows = await outbox.database.reader.selectFrom("deliveries").select("delivery_id").execute();
  expect(rows).toEqual([{ delivery_id: id }]);
}

describe("telling people through faults", { timeout: 60_000 }, () => {
  test("on SQLite, a process killed between the send and its record sends the same delivery again", async () => {
    const site = await sqliteSite();
    ends.push(() => site.end());
    await killedWhileSending(new OutboxSite(site.open()), { kind: "sqlite", path: site.path });
  });

  test("on PostgreSQL, a process killed between the send and its record sends the same delivery again", async () => {
    const site = await postgresSite();
    ends.push(() => site.end());
    const url = process.env["AUDITFLOW_TEST_POSTGRES_URL"] ?? "";
    const place = { kind: "postgres", url, schema: site.schema } as const;
    await killedWhileSending(new OutboxSite(site.open()), place);
  });

  test("a database that is away when a notice was taken gets to know it once it is back, and nothing is sent twice", async () => {
    const site = await postgresSite();
    ends.push(() => site.end());
    const { database, proxy } = await site.openThroughProxy(2000);
    const outbox = new OutboxSite(site.open());
    const hook = await receiver();
    const held: (() => void)[] = [];
    hook.answer((response) => void held.push(() => response.writeHead(200).end()));
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    const dispatch = outbox.dispatch({ database });
    await until(() => held.length === 1, "the receiver has the request");
    await proxy.mode("refuse");
    held[0]?.();
    await until(() => database.health().status !== "pass", "the database is known to be away");
    expect(outbox.tried).toEqual([]);
    await proxy.mode("pass");
    const row = await outbox.reached(id, "delivered", 1);
    expect(row.tries).toHaveLength(1);
    await dispatch.stop();
    expect(hook.requests).toHaveLength(1);
  });

  test("a database that is away at the start is waited for", async () => {
    const site = await postgresSite();
    ends.push(() => site.end());
    const outbox = new OutboxSite(site.open());
    const hook = await receiver();
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    const { database, heal } = await site.openDown();
    const dispatch = outbox.dispatch({ database });
    await until(() => database.health().status !== "pass", "the database is known to be away");
    await heal();
    await outbox.reached(id, "delivered", 1);
    await dispatch.stop();
  });

  test("stopping ends in time while the receiver hangs and the database is away", async () => {
    const site = await postgresSite();
    ends.push(() => site.end());
    const { database, proxy } = await site.openThroughProxy(2000);
    const outbox = new OutboxSite(site.open());
    const hook = await receiver();
    hook.answer(answers.hang);
    await outbox.channel(hook.url);
    const [id = ""] = await outbox.tell();
    const dispatch = outbox.dispatch({ database, graceMs: 100 });
    await until(() => hook.requests.length === 1, "the receiver has the request");
    await proxy.mode("drop");
    await dispatch.stop();
    expect(await outbox.delivery(id)).toMatchObject({ state: "pending", attempts: 0 });
  });
});
