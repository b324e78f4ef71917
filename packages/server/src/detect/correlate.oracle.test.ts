import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  expectedAlerts,
  livingAlerts,
  loginHit,
  loginRule,
  start,
  type World,
  world,
} from "../../testing/correlation.ts";
import { memoryWindows } from "../windows/memory.ts";
import { redisWindows } from "../windows/redis.ts";
import { sqliteWindows } from "../windows/sqlite.ts";
import type { Windows } from "../windows/windows.ts";
import { type Correlator, correlator, type Hit } from "./correlate.ts";

interface Store {
  readonly name: string;
  readonly runs: number;
  /** An empty store and how to get rid of it. */
  readonly connect: (clock: { now(): number }) => Windows;
  readonly remove: () => Promise<void>;
}

const folder = mkdtempSync(join(tmpdir(), "auditflow-correlate-"));
const prefix = `auditflow-test:${randomUUID()}:`;
let stores = 0;

function newName(): string {
  stores += 1;
  return `${stores}`;
}

const adapters: readonly Store[] = [
  { name: "memory", runs: 400, connect: (clock) => memoryWindows({ clock }), remove: async () => {} },
  {
    name: "sqlite",
    runs: 15,
    connect: (clock) => sqliteWindows({ path: join(folder, `${newName()}.db`), clock }),
    remove: () => rm(folder, { recursive: true }),
  },
  {
    name: "redis",
    runs: 60,
    connect: (clock) => redisWindows({ url: redisUrl(), prefix: `${prefix}${newName()}:`, clock }),
    remove: removeKeys,
  },
];

describe.each(adapters)(
  "on $name the alerts equal those of a brute-force oracle",
  ({ connect, runs, remove }) => {
    afterAll(remove);

    it("for one replica, any order within a short lateness, dying anywhere and taking the batch again", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const at = await ready(world((clock) => interleaved(connect(clock))));
          // An event that arrives 2 s late at most is behind its group's newest by 2 s at most.
          const hits = timeline(list, { threshold: k, lateness: "2s" });
          for (const { batch, delivery } of batches(hits, plan))
            await deliver(at, batch, { ...delivery, replica: 0 });
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedAlerts(hits, k));
          // A redelivered event of long ago is told as late: whether it was counted then, nobody knows any more.
          if (plan.every(({ fault }) => fault === "none")) expect(at.skipped).toEqual([]);
        }),
        { numRuns: runs },
      );
    }, 60_000);

    it("for three replicas at once, any order, duplicates, crashes and redelivery", async () => {
      await fc.assert(
        fc.asyncProperty(arrivals, deliveries, threshold, async (list, plan, k) => {
          const at = await ready(world((clock) => interleaved(connect(clock))));
          const hits = timeline(list, { threshold: k, lateness: "1d" });
          const queue = batches([...hits, ...hits.filter((_, n) => n % 3 === 0)], plan);
          const replica = async (first: number): Promise<void> => {
            for (let n = first; n < queue.length; n += 3)
              await deliver(at, queue[n]!.batch, queue[n]!.delivery);
          };
          await Promise.all([replica(0), replica(1), replica(2)]);
          await drain(at);
          await at.windows.stop();
          expect(livingAlerts(at.rows)).toEqual(expectedAlerts(hits, k));
        }),
        { numRuns: runs },
      );
    }, 60_000);
  },
);

function redisUrl(): string {
  const url = process.env["AUDITFLOW_TEST_REDIS_URL"];
  if (!url) throw new Error("Set AUDITFLOW_TEST_REDIS_URL to a Redis server, such as redis://127.0.0.1:6379");
  return url;
}

async function removeKeys(): Promise<void> {
  const redis = new Redis(redisUrl());
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
  }
  await redis.quit();
}

async function ready(at: World): Promise<World> {
  await vi.waitUntil(() => at.windows.health().status === "pass", { timeout: 10_000, interval: 1 });
  return at;
}

const threshold = fc.integer({ min: 1, max: 5 });

/** Milliseconds since the event before, how much later it arrives, and whose it is. */
const arrivals = fc.array(
  fc.record({
    wait: fc.nat(15).map((n) => n ** 3),
    delay: fc.integer({ min: 0, max: 2000 }),
    user: fc.constantFrom("mallory", "trudy"),
  }),
  { maxLength: 80 },
);

/** How a batch fares: its size, who takes it in the end, what goes wrong first, and how long until the next. */
interface Delivery {
  readonly size: number;
  readonly replica: number;
  readonly fault: "none" | "before commit" | "after commit" | "before publish" | "before confirm";
  readonly pause: number;
}

const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 15 }),
    replica: fc.nat(2),
    fault: fc.constantFrom("none", "before commit", "after commit", "before publish", "before confirm"),
    pause: fc.constantFrom(0, 10, 400, 1500, 30_000),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Hits in order of arrival. */
function timeline(
  list: readonly { wait: number; delay: number; user: string }[],
  settings: { threshold: number; lateness: string },
): Hit[] {
  const rule = loginRule(settings);
  let at = start;
  const hits = list.map(({ wait, delay, user }, n) => {
    at += wait;
    return { ...loginHit(rule, n, at, user), receivedAt: at + delay };
  });
  return hits.sort((a, b) => a.receivedAt - b.receivedAt);
}

function batches(hits: readonly Hit[], plan: readonly Delivery[]): { batch: Hit[]; delivery: Delivery }[] {
  const found: { batch: Hit[]; delivery: Delivery }[] = [];
  for (let from = 0; from < hits.length; from += found.at(-1)!.delivery.size) {
    const delivery = plan[found.length % plan.length]!;
    found.push({ batch: hits.slice(from, from + delivery.size), delivery });
  }
  return found;
}

async function deliver(at: World, batch: readonly Hit[], { replica, fault, pause }: Delivery): Promise<void> {
  if (fault !== "none") {
    const dying = correlator({ windows: failing(at.windows, fault), clock: at.clock });
    const alerts = await dying.take(batch).catch(() => []);
    if (fault === "before confirm") at.publish(alerts);
  }
  const alive = at.replicas[replica]!;
  publish(at, alive, await alive.take(batch));
  at.clock.advance(pause);
  publish(at, alive, await alive.sweep());
}

function publish(at: World, by: Correlator, alerts: Awaited<ReturnType<Correlator["sweep"]>>): void {
  at.publish(alerts);
  by.confirm(alerts);
}

async function drain(at: World): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    at.clock.advance(25_000);
    const alerts = await at.replicas[1].sweep();
    publish(at, at.replicas[1], alerts);
    quiet = alerts.length === 0 ? quiet + 1 : 0;
  }
}

/** The store as a process sees it that dies during a commit. */
function failing(windows: Windows, fault: Delivery["fault"]): Windows {
  return {
    ...bound(windows),
    commit: async (commits) => {
      if (fault === "before commit") throw new Error("died");
      const taken = await windows.commit(commits);
      if (fault === "after commit") throw new Error("died");
      return taken;
    },
  };
}

/** Lets the other replicas in before every call. */
function interleaved(windows: Windows): Windows {
  let calls = 0;
  const others = async (): Promise<void> => {
    calls += 1;
    for (let turn = 0; turn < (calls * 7) % 11; turn += 1) await Promise.resolve();
  };
  return {
    ...bound(windows),
    step: (steps) => others().then(() => windows.step(steps)),
    commit: (commits) => others().then(() => windows.commit(commits)),
  };
}

function bound(windows: Windows): Windows {
  return {
    step: (steps) => windows.step(steps),
    commit: (commits) => windows.commit(commits),
    due: (now, lease, limit) => windows.due(now, lease, limit),
    health: () => windows.health(),
    stop: () => windows.stop(),
  };
}
