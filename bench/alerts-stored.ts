import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AlertFacets, AlertHistogram, AlertList, Operation } from "@auditflow/contracts";
import { Client } from "pg";
import { encodeCursor } from "../packages/server/src/api/cursor.ts";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { type LoadedPlace, loadAlerts } from "./load-alerts.ts";
import { atMost, type Goal } from "./report.ts";

const stored = 1_000_000;
const bulk = 10_000;
const day = 24 * 60 * 60 * 1000;

/** One engine with a million alerts: the service on it, and SQL beside it that judges the answers. */
interface Site {
  readonly name: string;
  readonly service: Running;
  readonly now: number;
  ask(sql: string): Promise<Record<string, unknown>[]>;
  end(): Promise<void>;
}

/** What reading and acting take with a million alerts stored, on PostgreSQL and on SQLite, through the API. */
export async function storedAlertGoals(amqp: string, postgres: string): Promise<Goal[]> {
  const goals: Goal[] = [];
  for (const open of [() => postgresSite(amqp, postgres), sqliteSite]) {
    const site = await open();
    try {
      goals.push(...(await pageGoals(site)), ...(await countGoals(site)), await bulkGoal(site));
    } finally {
      await site.end();
    }
  }
  return goals;
}

async function postgresSite(amqp: string, server: string): Promise<Site> {
  const name = `bench_${randomBytes(4).toString("hex")}`;
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const env = {
    TRANSPORT_URL: amqp,
    DATABASE_URL: url,
    AUDITFLOW_RATE_LIMIT: "0",
    AUDITFLOW_RETENTION_DAYS: "0",
  };
  const start = () => startService(["notification-service"], env);
  const now = await load(start, { url, schema: "auditflow" });
  const client = new Client({ connectionString: url, options: "-c search_path=auditflow" });
  await client.connect();
  const service = await start();
  return {
    ...{ name: "PostgreSQL", service, now },
    ask: async (sql) => (await client.query(sql)).rows as Record<string, unknown>[],
    end: async () => {
      await service.end("SIGTERM");
      await client.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}

async function sqliteSite(): Promise<Site> {
  const data = await mkdtemp(join(tmpdir(), "auditflow-bench-"));
  const env = { AUDITFLOW_RATE_LIMIT: "0", AUDITFLOW_RETENTION_DAYS: "0" };
  const start = () => startService(["--data", data], env);
  const path = join(data, "auditflow.db");
  const now = await load(start, { path });
  const client = new DatabaseSync(path, { readOnly: true });
  const service = await start();
  return {
    ...{ name: "SQLite", service, now },
    ask: async (sql) => client.prepare(sql).all(),
    end: async () => {
      await service.end("SIGTERM");
      client.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Has the service make its tables, and fills them while it is not there. */
async function load(start: () => Promise<Running>, place: LoadedPlace): Promise<number> {
  const migrating = await start();
  await fetch(`${migrating.url}/api/v1/alerts`);
  await migrating.end("SIGTERM");
  const now = Date.now();
  const begun = performance.now();
  await loadAlerts(place, { alerts: stored, seed: 1, now });
  process.stderr.write(`loaded ${stored} alerts in ${Math.round((performance.now() - begun) / 1000)} s\n`);
  return now;
}

async function get<T>({ service }: Site, path: string): Promise<T> {
  const answer = await fetch(`${service.url}/api/v1/${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Milliseconds of so many requests one after the other, fastest first; a few before do not count. */
async function timed(times: number, ask: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let n = -3; n < times; n += 1) {
    const begun = performance.now();
    await ask();
    if (n >= 0) taken.push(performance.now() - begun);
  }
  return taken.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;

async function pageGoals(site: Site): Promise<Goal[]> {
  const standing = "from alerts where merged_into is null";
  const [{ n }] = (await site.ask(`select count(*) as n ${standing}`)) as [{ n: unknown }];
  const goals: Goal[] = [];
  for (const [page, offset] of [
    ["first", 0],
    ["middle", Number(n) / 2],
    ["last", Number(n) - 51],
  ] as const) {
    const cursor = offset === 0 ? "" : `&cursor=${await cursorAfter(site, Math.floor(offset))}`;
    const { alerts } = await get<AlertList>(site, `alerts?limit=50${cursor}`);
    if (alerts.length !== 50) throw new Error(`the ${page} page has ${alerts.length} alerts`);
    const taken = await timed(300, () => get(site, `alerts?limit=50${cursor}`));
    const name = `${site.name}, ${stored} alerts: ${page} page, p99`;
    goals.push(atMost({ name, value: quantile(taken, 0.99), unit: "ms", goal: 15 }));
  }
  return goals;
}

async function cursorAfter(site: Site, offset: number): Promise<string> {
  const [row] = await site.ask(
    `select at, alert_id from alerts where merged_into is null order by at desc, alert_id desc limit 1 offset ${offset}`,
  );
  return encodeCursor({ at: Number(row?.["at"]), id: String(row?.["alert_id"]) });
}

async function countGoals(site: Site): Promise<Goal[]> {
  const to = new Date(site.now + 1).toISOString();
  const from = new Date(site.now - 91 * day).toISOString();
  const histogram = `alerts/histogram?from=${from}&to=${to}&bucket_seconds=86400`;
  await checkFacets(site, await get<AlertFacets>(site, "alerts/facets"));
  await checkHistogram(site, await get<AlertHistogram>(site, histogram));
  const asked = {
    facets: "alerts/facets",
    "facets of severity:>=high": `alerts/facets?filter=${encodeURIComponent("severity:>=high")}`,
    histogram,
  };
  const goals: Goal[] = [];
  for (const [what, path] of Object.entries(asked)) {
    const taken = await timed(20, () => get(site, path));
    const name = `${site.name}, ${stored} alerts: ${what}, p95`;
    goals.push(atMost({ name, value: quantile(taken, 0.95), unit: "ms", goal: 150 }));
  }
  return goals;
}

const facetColumns = { severity: "severity", status: "status", rule: "rule_id", user: "actor", host: "host" };

/** Every facet against a count of its column, one by one. */
async function checkFacets(site: Site, { facets, counted }: AlertFacets): Promise<void> {
  if (counted !== null) throw new Error("facets without a filter are cut");
  for (const [field, column] of Object.entries(facetColumns)) {
    const rows = await site.ask(
      `select ${column} as value, count(*) as n from alerts where merged_into is null group by ${column}`,
    );
    const right = new Map(rows.map(({ value, n }) => [value, Number(n)]));
    const wrong = facets[field]?.find(({ value, count }) => right.get(value) !== count);
    if (wrong !== undefined || facets[field]?.length !== Math.min(20, right.size)) {
      throw new Error(`the facet ${field} is wrong at ${JSON.stringify(wrong)}`);
    }
  }
}

async function checkHistogram(site: Site, { buckets }: AlertHistogram): Promise<void> {
  const counted = buckets.flatMap(({ counts }) => Object.values(counts)).reduce((sum, n) => sum + n, 0);
  const [row] = await site.ask("select count(*) as n from alerts where merged_into is null");
  if (counted !== Number(row?.["n"]))
    throw new Error(`the histogram counts ${counted} of ${String(row?.["n"])} alerts`);
}

/** Acknowledges the newest 10,000 open alerts with one request, and counts them. */
async function bulkGoal(site: Site): Promise<Goal> {
  const [oldest] = await site.ask(
    `select at from alerts where merged_into is null and status = 'open' order by at desc limit 1 offset ${bulk - 1}`,
  );
  const from = new Date(Number(oldest?.["at"])).toISOString();
  const query = `from=${from}&filter=status%3Aopen`;
  const { total = 0, as_of } = await get<AlertList>(site, `alerts?${query}&total=true&limit=1`);
  const selection = { filter: "status:open", from, as_of, expected_count: total };
  const begun = performance.now();
  const answer = await fetch(`${site.service.url}/api/v1/alerts/actions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ action: "acknowledge", selection }),
  });
  const taken = (performance.now() - begun) / 1000;
  const { changed } = (await answer.json()) as Operation;
  if (changed !== total || total < bulk) throw new Error(`${changed} of ${total} alerts acknowledged`);
  const left = await get<AlertList>(site, `alerts?${query}&total=true&limit=1`);
  if (left.total !== 0) throw new Error(`${left.total} alerts are still open`);
  const name = `${site.name}, ${stored} alerts: acknowledge ${total} at once`;
  return atMost({ name, value: taken, unit: "s", goal: 3 });
}
