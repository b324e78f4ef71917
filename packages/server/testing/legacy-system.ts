import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** A database of its own on the server for tests, with the table of alerts as the first AuditFlow makes it. */
export interface LegacySystem {
  readonly url: string;
  run(statement: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** Ends every connection but ours, and drops the database. */
  end(): Promise<void>;
}

/** Needs AUDITFLOW_TEST_POSTGRES_URL with the right to create databases. */
export async function startLegacySystem(): Promise<LegacySystem> {
  const url = process.env["AUDITFLOW_TEST_POSTGRES_URL"];
  if (!url) throw new Error("Set AUDITFLOW_TEST_POSTGRES_URL to a PostgreSQL server that tests may write to");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: own.href, options: "-c search_path=public" });
  await client.connect();
  await client.query(oldTable);
  return {
    url: own.href,
    run: (statement, values = []) => client.query(statement, [...values]),
    end: async () => {
      await client.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** The columns, types, constraints and indexes that the old service gives it. */
const oldTable = `
  create table alerts (
    alert_id uuid primary key, correlation_id uuid not null,
    "timestamp" timestamp with time zone not null, received_at timestamp with time zone default now(),
    alert_name varchar(255) not null, alert_type varchar(50) not null, severity varchar(50) not null,
    description text, source_service_name varchar(255), rule_id varchar(255), rule_name varchar(255),
    actor_type varchar(50), actor_id varchar(255), client_ip inet,
    resource_type varchar(50), resource_id varchar(255), server_hostname varchar(255),
    action_observed varchar(255), analysis_rule_details jsonb, triggered_by_details jsonb,
    impacted_resource_details jsonb, metadata jsonb, raw_event_data jsonb not null
  );
  create index idx_alerts_timestamp on alerts ("timestamp" desc);
  create index idx_alerts_metadata_gin on alerts using gin (metadata);
  create index idx_alerts_raw_event_data_gin on alerts using gin (raw_event_data);`;

/** Adds alerts as the old analysis makes them, numbered from `from` to `to`, a minute apart from 2025-06-09T10:00Z on. */
export async function addOldAlerts({ run }: LegacySystem, from: number, to: number): Promise<void> {
  await run(oldAlerts, [from, to]);
}

const oldAlerts = `
  insert into alerts
  select md5('alert' || n)::uuid, md5('event' || n)::uuid, at, at + interval '1 s',
    'Multiple Failed Login Attempts', 'SECURITY', 'CRITICAL',
    '3 or more failed login attempts for user ''user' || n % 50 || ''' on ''web-' || n % 7 || ''' within 60 seconds.',
    'audit-event-generator', rule->>'rule_id', rule->>'rule_name', 'USER', actor->>'actor_id',
    (actor->>'client_ip')::inet, 'SERVER', resource->>'resource_id', resource->>'server_hostname', 'LOGIN_FAILURE',
    rule, actor, resource,
    '{"tags": ["brute-force", "authentication", "critical"], "environment": "DEVELOPMENT"}',
    jsonb_build_object('event_id', md5('event' || n)::uuid, 'timestamp', to_char(at - interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00Z"'),
      'source_service', 'audit-event-generator', 'server_hostname', 'web-' || n % 7, 'event_type', 'user_login',
      'severity', 'WARNING', 'user_id', 'user' || n % 50, 'action_result', 'FAILURE', 'client_ip', '10.0.0.' || n % 250,
      'details', jsonb_build_object('attempt', n, 'note', 'wrong password'))
  from generate_series($1::int, $2::int) as n,
    lateral (select timestamptz '2025-06-09 10:00:00.123456+00' + n * interval '1 minute' as at) as times,
    lateral (select
      jsonb_build_object('rule_id', 'ANLY-SEC-001', 'rule_name', 'Failed Login Burst Detection',
        'rule_description', 'Detects 3 failed logins within 60 seconds.') as rule,
      jsonb_build_object('actor_type', 'USER', 'actor_id', 'user' || n % 50, 'client_ip', '10.0.0.' || n % 250) as actor,
      jsonb_build_object('resource_type', 'SERVER', 'resource_id', 'web-' || n % 7, 'server_hostname', 'web-' || n % 7) as resource
    ) as parts`;

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What a run of `auditflow import-legacy` said. */
export interface ImportRun {
  /** null: a signal killed it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `auditflow import-legacy`; `input` is its standard input. */
export function startImport(
  args: readonly string[],
  { env = {}, input = "" }: { env?: Record<string, string>; input?: string } = {},
): { readonly child: ChildProcess; readonly ended: Promise<ImportRun> } {
  const child = spawn(process.execPath, ["--conditions=auditflow-source", main, "import-legacy", ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ended = Promise.all([code, text(child.stdout), text(child.stderr)]).then(
    ([result, stdout, stderr]) => ({
      ...{ code: result, stdout, stderr },
    }),
  );
  return { child, ended };
}
