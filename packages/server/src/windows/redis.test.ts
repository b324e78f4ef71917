import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type FaultProxy, startFaultProxy, targetOf, throughProxy } from "../../testing/fault-proxy.ts";
import { day, member, stepOn, take } from "../../testing/window-step.ts";
import { windowsContract } from "./contract.ts";
import { redisWindows } from "./redis.ts";
import type { Windows } from "./windows.ts";

const clock = { now: () => Date.now() };
const run = `auditflow-test:${randomUUID()}:`;
let stores = 0;

function serverUrl(): string {
  const url = process.env["AUDITFLOW_TEST_REDIS_URL"];
  if (!url) throw new Error("Set AUDITFLOW_TEST_REDIS_URL to a Redis server, such as redis://127.0.0.1:6379");
  return url;
}

function newPrefix(): string {
  serverUrl();
  stores += 1;
  return `${run}${stores}:`;
}

async function ready(windows: Windows): Promise<Windows> {
  await vi.waitUntil(() => windows.health().status === "pass", { timeout: 10_000, interval: 5 });
  return windows;
}

/** Removes every key of these tests that starts so. */
async function removeKeys(prefix: string): Promise<void> {
  const redis = new Redis(serverUrl());
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
  await redis.quit();
}

afterAll(() => (stores === 0 ? undefined : removeKeys(run)));

windowsContract("redis", async (options) =>
  ready(redisWindows({ url: serverUrl(), prefix: newPrefix(), clock, ...options })),
);

const open: (Windows | FaultProxy)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.stop()));
});

async function connect(url: string, prefix: string): Promise<Windows> {
  const windows = redisWindows({ url, prefix, clock, deadline: 500 });
  open.push(windows);
  return ready(windows);
}

describe("redis: replicas", () => {
  it("two clients that add to one group at once lose nothing, and only one commit at a version is taken", async () => {
    const prefix = newPrefix();
    const clients = await Promise.all([connect(serverUrl(), prefix), connect(serverUrl(), prefix)]);
    const added = await Promise.all(
      Array.from({ length: 200 }, (_, n) => take(clients[n % 2]!, stepOn([member(n, n)], { key: "g" }))),
    );
    expect(new Set(added.map(({ version }) => version)).size).toBe(200);
    const [view] = await clients[0]!.step([stepOn([], { ranges: [{ from: 0, to: 1000, limit: 0 }] })]);
    expect(view!.ranges[0]!.count).toBe(200);
    const commit = { key: "g", version: view!.version, keepFrom: 0, dueAt: undefined };
    const taken = await Promise.all(
      clients.map((client, n) => client.commit([{ ...commit, state: `by ${n}` }])),
    );
    expect(taken.flat()).toHaveLength(2);
    expect(taken.flat().filter(Boolean)).toHaveLength(1);
  });

  it("two clients that ask for due groups at once share them", async () => {
    const prefix = newPrefix();
    const clients = await Promise.all([connect(serverUrl(), prefix), connect(serverUrl(), prefix)]);
    const keys = Array.from({ length: 50 }, (_, n) => `g${n}`);
    await clients[0]!.step(keys.map((key) => stepOn([member(1, 0)], { key, expiresAt: 1 })));
    const due = await Promise.all(clients.map((client) => client.due(10, 60_000, 1000)));
    expect(due.flat().sort()).toEqual(keys.sort());
  });
});

describe("redis: trouble", () => {
  it("every call ends within its deadline while Redis is a black hole or away, and works again after", async () => {
    const proxy = await startFaultProxy({ target: targetOf(serverUrl(), 6379) });
    open.push(proxy);
    const windows = await connect(throughProxy(serverUrl(), proxy), newPrefix());
    await take(windows, stepOn([member(1, 0)]));
    for (const mode of ["drop", "refuse"] as const) {
      await proxy.mode(mode);
      const calls = Array.from({ length: 3 }, () => windows.step([stepOn([member(2, 0)])]));
      for (const call of calls)
        await expect(call).rejects.toMatchObject({ code: "windows_unavailable", retryable: true });
      await vi.waitUntil(() => windows.health().status === "fail", { timeout: 5000 });
      expect(windows.health().last_error).toBeTruthy();
      await expect(windows.due(0, 1, 1)).rejects.toMatchObject({ code: "windows_unavailable" });
      await proxy.mode("pass");
      await ready(windows);
      expect(windows.health().last_error).toBeUndefined();
      expect(await take(windows, stepOn([member(1, 0)]))).toMatchObject({ known: [0] });
    }
  }, 30_000);

  it("a black hole is noticed by a question, also while nobody asks for windows", async () => {
    const proxy = await startFaultProxy({ target: targetOf(serverUrl(), 6379) });
    open.push(proxy);
    const windows = redisWindows({ url: throughProxy(serverUrl(), proxy), prefix: newPrefix(), clock });
    open.push(windows);
    await vi.waitUntil(() => windows.health().latency_ms !== undefined, { timeout: 5000 });
    await proxy.mode("drop");
    await vi.waitUntil(() => windows.health().status === "fail", { timeout: 15_000 });
    expect(windows.health()).toMatchObject({
      last_error: "no answer within 2000 ms",
      next_try_at: expect.stringMatching(/Z$/) as string,
    });
    await proxy.mode("pass");
    await ready(windows);
  }, 30_000);

  it("a server that is not there keeps nobody waiting and says when it is tried next", async () => {
    const windows = redisWindows({ url: "redis://127.0.0.1:1", clock });
    open.push(windows);
    await vi.waitUntil(() => windows.health().next_try_at !== undefined, { timeout: 5000 });
    await expect(windows.step([stepOn([])])).rejects.toMatchObject({ code: "windows_unavailable" });
    expect(windows.health()).toMatchObject({ name: "redis", status: "fail" });
  });

  it("stopping while Redis is a black hole ends at once, and so do the calls under way", async () => {
    const proxy = await startFaultProxy({ target: targetOf(serverUrl(), 6379) });
    open.push(proxy);
    const windows = redisWindows({
      url: throughProxy(serverUrl(), proxy),
      prefix: newPrefix(),
      clock,
      deadline: 60_000,
    });
    await ready(windows);
    await proxy.mode("drop");
    const call = windows.step([stepOn([member(1, 0)])]);
    await Promise.all([expect(call).rejects.toMatchObject({ code: "windows_unavailable" }), windows.stop()]);
  });

  it("a Redis that lost its data begins anew", async () => {
    const prefix = newPrefix();
    const windows = await connect(serverUrl(), prefix);
    const { version } = await take(windows, stepOn([member(1, 0)]));
    await removeKeys(prefix);
    expect(await windows.commit([{ key: "g", version, state: "s", keepFrom: 0, dueAt: 1 }])).toEqual([false]);
    expect(await take(windows, stepOn([member(1, 0)]))).toMatchObject({ known: [], state: undefined });
  });
});

describe("redis: keys", () => {
  const soon = () => clock.now() + 60_000;

  it("a call on more than may be read at a time is carried out in parts, each group's step whole", async () => {
    const windows = await connect(serverUrl(), newPrefix());
    const keys = Array.from({ length: 40 }, (_, n) => `g${n}`);
    const judging = { kind: "order", least: 1 } as const;
    const steps = (first: number) =>
      keys.map((key) => {
        const members = Array.from({ length: 100 }, (_, n) => member(first + n, n));
        return stepOn(members, { key, judging, ranges: [{ from: 0, to: 99, limit: 1000 }] });
      });
    for (let first = 0; first < 300; first += 100) await windows.step(steps(first));
    const views = await windows.step(steps(300));
    for (const { runs, ranges } of views) {
      expect(runs[0]!.members).toHaveLength(400);
      expect(ranges[0]).toMatchObject({ count: 400 });
      expect(ranges[0]!.first).toHaveLength(400);
    }
  });

  it("a group with a key of a wrong type rejects the call, and the others work on", async () => {
    const prefix = newPrefix();
    const windows = await connect(serverUrl(), prefix);
    await windows.step(["a", "b"].map((key) => stepOn([member(1, 0)], { key })));
    const redis = new Redis(serverUrl());
    const [list] = await membersKeys(redis, prefix);
    await redis.set(list!, "not a sorted set");
    const both = ["a", "b"].map((key) => stepOn([member(2, 0)], { key }));
    await expect(windows.step(both)).rejects.toMatchObject({ code: "windows_unavailable" });
    const alone = await Promise.allSettled(both.map((step) => windows.step([step])));
    expect(alone.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await redis.quit();
  });

  it("every key of a group has a time to live, and none is left of a group that is gone", async () => {
    const prefix = newPrefix();
    const windows = redisWindows({ url: serverUrl(), prefix, clock, maxMembers: 10 });
    open.push(await ready(windows));
    const marked = Array.from({ length: 20 }, (_, n) => ({
      ...member(n, n),
      id: `${member(n, n).id} m${n}`,
    }));
    const judging = { kind: "order", least: 1 } as const;
    const { version } = await take(windows, stepOn(marked, { judging, expiresAt: soon() }));
    await windows.commit([{ key: "g", version, state: "s", keepFrom: 0, dueAt: 1 }]);
    const redis = new Redis(serverUrl());
    const keys = (await redis.keys(`${prefix}*`)).filter((key) => !/idle$|due$/.test(key));
    const letters = new Set(keys.map((key) => /([a-z]):[^:]*$/.exec(key)![1]));
    expect(letters).toEqual(new Set(["d", "g", "k", "m", "s"]));
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(60_000);
    const seen = await take(windows, stepOn([]));
    const gone = { version: seen.version, state: undefined, keepFrom: day, dueAt: undefined };
    expect(await windows.commit([{ key: "g", ...gone }])).toEqual([true]);
    expect(await redis.keys(`${prefix}*`)).toEqual([]);
    await redis.quit();
  });

  it("a group that is put off by little is still due no earlier, and not taken for one touched long ago", async () => {
    let evicted = 0;
    const [prefix, now] = [newPrefix(), clock.now()];
    const windows = redisWindows({
      ...{ url: serverUrl(), prefix, clock, maxGroups: 16 },
      onEvict: (n) => (evicted += n),
    });
    open.push(await ready(windows));
    const step = (key: string, expiresAt: number) =>
      windows.step([stepOn([member(1, 0)], { key, expiresAt })]);
    await step("a", now + day);
    await step("a", now + day + 3000);
    expect(await windows.due(now + day + 2000, 1, 1000)).toEqual([]);
    // One group a shard: every other group of its shard is older, but for what stands in the index.
    for (let n = 0; n < 100; n += 1) await step(`g${n}`, now + day + 1000);
    const views = await windows.step(
      ["a", ...Array.from({ length: 100 }, (_, n) => `g${n}`)].map((key) => stepOn([], { key })),
    );
    expect(views[0]!.version).not.toBe(0);
    expect(evicted).toBe(views.filter(({ version }) => version === 0).length);
    expect(await windows.due(now + day + 3000, 1, 1000)).toContain("a");
  });

  it("a key with half a character in it is a key as any other", async () => {
    const windows = await connect(serverUrl(), newPrefix());
    const key = 'half \ud83d "\\u" \u0000';
    await take(windows, stepOn([member(1, 0)], { key, expiresAt: 5 }));
    expect(await take(windows, stepOn([member(1, 0)], { key, expiresAt: 5 }))).toMatchObject({ known: [0] });
    expect(await windows.due(5, 1, 100)).toEqual([key.toWellFormed()]);
  });
});

/** Keys of sorted sets of members. */
async function membersKeys(redis: Redis, prefix: string): Promise<string[]> {
  return (await redis.keys(`${prefix}*:m:*`)).sort();
}

describe("redis: a store that lost everything", () => {
  it("is noticed once by each replica, told as a warning for ten minutes, and never taken for one that is new", async () => {
    const prefix = newPrefix();
    let now = 1_000_000;
    const resets = [0, 0];
    const replicas = resets.map((_, replica) => {
      const onReset = (): void => {
        resets[replica] = (resets[replica] ?? 0) + 1;
      };
      const windows = redisWindows({ url: serverUrl(), prefix, clock: { now: () => now }, onReset });
      open.push(windows);
      return windows;
    });
    const look = async (): Promise<void> => {
      now += 2000;
      for (const windows of replicas) await windows.due(0, 1, 16);
    };
    await Promise.all(replicas.map(ready));
    await look();
    await look();
    expect(resets).toEqual([0, 0]);
    await removeKeys(prefix);
    await look();
    await look();
    expect(resets).toEqual([1, 1]);
    expect(replicas.map((windows) => windows.health())).toMatchObject([
      { status: "warn" },
      { status: "warn" },
    ]);
    now += 10 * 60_000;
    expect(replicas.map((windows) => windows.health().status)).toEqual(["pass", "pass"]);
  });
});
