import { randomBytes } from "node:crypto";
import pg from "pg";
import type { RuleSpec } from "../rule-spec.ts";
import type { Stream } from "../stream.ts";
import { alertSql, countSql } from "./alert-sql.ts";
import { firingSql } from "./firing-sql.ts";
import { memberSql } from "./member-sql.ts";
import { emptyTables, insertEvents, insertRules, matchesOfFirings, tables } from "./tables.ts";

/** An alert as PostgreSQL finds it; times in epoch milliseconds. */
export interface JudgedAlert {
  /** The rule's name. */
  readonly rule: string;
  readonly group: readonly string[];
  /** The event of its earliest firing. */
  readonly eventId: string;
  readonly firedAt: number;
  readonly count: number;
  readonly firstEventAt: number;
  readonly lastEventAt: number;
  /** Event ids, the first 100. */
  readonly evidence: readonly string[];
}

/** How much of a rule there was to judge. */
export interface JudgedCounts {
  readonly members: number;
  readonly late: number;
  readonly firings: number;
}

/** What a stream amounts to. */
export interface Judgement {
  readonly alerts: readonly JudgedAlert[];
  readonly counts: ReadonlyMap<string, JudgedCounts>;
}

/** PostgreSQL as a judge: plain SQL over the events, in a schema of its own. */
export interface Judge {
  /** Rules come after those that they count. */
  judge(events: Stream["events"], specs: readonly RuleSpec[]): Promise<Judgement>;
  /** Removes the schema. */
  stop(): Promise<void>;
}

/** Connects to the server, and rejects when it does not answer within ten seconds. */
export async function startJudge(url: string): Promise<Judge> {
  const schema = `oracle_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client({
    ...{ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 300_000 },
    options: `-c search_path=${schema} -c jit=off -c work_mem=64MB`,
  });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`create schema ${schema}`);
  await client.query(tables);
  return {
    judge: async (events, specs) => {
      await load(client, events, specs);
      for (const spec of specs) await fire(client, spec, isCounted(spec, specs));
      return { alerts: await alertsOf(client, told(specs)), counts: await countsOf(client) };
    },
    stop: async () => {
      await client.query(`drop schema ${schema} cascade`);
      await client.end();
    },
  };
}

async function load(client: pg.Client, events: Stream["events"], specs: readonly RuleSpec[]): Promise<void> {
  await client.query(emptyTables);
  const rows = events.map(({ id, at, round, receivedAt, kinds, fields }) => {
    const advances = receivedAt === undefined || at <= receivedAt + 600_000;
    return { id, at, round, advances, kinds, fields };
  });
  await client.query(insertEvents, [JSON.stringify(rows)]);
  const rules = specs.map(({ name, timespan, lateness, refireGap, suppress }) => ({
    ...{ rule: name, span: timespan.ms, lateness: lateness.ms },
    gap: Math.max(timespan.ms, refireGap?.ms ?? 0),
    suppress: suppress?.ms ?? 0,
  }));
  await client.query(insertRules, [JSON.stringify(rules)]);
  await client.query("analyze matches");
}

async function fire(client: pg.Client, spec: RuleSpec, counted: boolean): Promise<void> {
  await client.query(memberSql(spec));
  await client.query("analyze members");
  await client.query(firingSql(spec));
  if (counted) await client.query(matchesOfFirings, [spec.name, spec.groupBy]);
}

function isCounted({ name }: RuleSpec, specs: readonly RuleSpec[]): boolean {
  return specs.some(({ rules }) => rules.includes(name));
}

/** Rules that others count raise no alerts, unless one of those says so. */
function told(specs: readonly RuleSpec[]): string[] {
  const isTold = ({ name }: RuleSpec): boolean => {
    const counting = specs.filter(({ rules }) => rules.includes(name));
    return counting.length === 0 || counting.some(({ generate }) => generate);
  };
  return specs.filter(isTold).map(({ name }) => name);
}

/** What PostgreSQL's driver gives for a row: a bigint comes as text. */
interface AlertRow {
  readonly rule: string;
  readonly grp: string;
  readonly id: string;
  readonly first_at: string;
  readonly count: number;
  readonly first_event_at: string;
  readonly last_event_at: string;
  readonly evidence: readonly string[];
}

async function alertsOf(client: pg.Client, names: readonly string[]): Promise<JudgedAlert[]> {
  const { rows } = await client.query<AlertRow>(alertSql, [names]);
  return rows.map((row) => ({
    rule: row.rule,
    group: JSON.parse(row.grp) as string[],
    eventId: row.id,
    firedAt: Number(row.first_at),
    count: row.count,
    firstEventAt: Number(row.first_event_at),
    lastEventAt: Number(row.last_event_at),
    evidence: row.evidence,
  }));
}

async function countsOf(client: pg.Client): Promise<Judgement["counts"]> {
  const { rows } = await client.query<JudgedCounts & { readonly rule: string }>(countSql);
  return new Map(rows.map(({ rule, ...counts }) => [rule, counts]));
}
