import { Socket } from "node:net";
import pg from "pg";
import { migrationNames } from "../../database/migrate.ts";
import type { Clock } from "../../telemetry/clock.ts";
import { clockSkew } from "./clock-skew.ts";
import { connectionFault } from "./connection-fault.ts";
import { type Check, type Found, fail, ok, warn } from "./finding.ts";
import { leastVersion } from "./least-version.ts";

const callMs = 3_000;

/** Connections that one process of notification-service opens at most. */
const wanted = 12;

const server = { product: "PostgreSQL", setting: "DATABASE_URL", isRunning: "pg_isready" } as const;

/** Whether PostgreSQL can be reached, is new enough, keeps what it commits, and lets us make and use our tables. */
export function checkPostgres(url: string, clock: Clock, schema = "auditflow"): Check {
  return {
    area: "database",
    fix: "See PostgreSQL's log for the reason.",
    run: () => look({ url, clock, schema }),
  };
}

interface Place {
  readonly url: string;
  readonly clock: Clock;
  readonly schema: string;
}

async function look({ url, clock, schema }: Place): Promise<Found[]> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    application_name: "auditflow doctor",
    connectionTimeoutMillis: callMs,
    query_timeout: callMs,
    statement_timeout: callMs,
    stream: () => socket,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const facts = await factsOf(client);
    return [
      ok(`connected to the database ${facts.database} as ${facts.user}`),
      leastVersion("PostgreSQL", facts.version, { least: "13", fix: "Upgrade PostgreSQL to 13 or later." }),
      ...keeping(facts),
      connections(facts),
      await rights(client, facts, schema),
      await migrations(client, schema),
      await skew(client, clock),
    ];
  } catch (error) {
    return [refusal(error, url)];
  } finally {
    // Whatever is under way ends with the socket, also on a server that hangs.
    socket.destroy();
  }
}

interface Facts {
  readonly database: string;
  readonly user: string;
  readonly version: string;
  readonly encoding: string;
  readonly fsync: string;
  readonly commit: string;
  readonly replica: boolean;
  readonly most: number;
  readonly used: number;
}

async function factsOf(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<Facts>(`select
    current_database() as database, current_user as "user", current_setting('server_version') as version,
    current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
    current_setting('synchronous_commit') as commit, pg_is_in_recovery() as replica,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`);
  const [facts] = rows;
  if (facts === undefined) throw new Error("the server answered nothing");
  return facts;
}

function keeping({ encoding, fsync, commit, replica, database }: Facts): Found[] {
  const found: Found[] = [];
  if (encoding !== "UTF8") {
    const fix = `Make a new database: \`createdb --encoding=UTF8 --template=template0 auditflow\`, and name it in DATABASE_URL.`;
    found.push(fail(`the database ${database} is in ${encoding}: not every text can be stored`, fix));
  } else found.push(ok("texts are UTF8"));
  if (replica) found.push(fail("this is a standby and takes no writes", "Name the primary in DATABASE_URL."));
  if (fsync !== "on" || commit === "off") {
    const fix =
      "Set both to on: `ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET synchronous_commit = on;`, and restart it.";
    found.push(fail(`fsync is ${fsync}, synchronous_commit is ${commit}: a crash loses stored alerts`, fix));
  } else found.push(ok("what is committed survives a crash"));
  return found;
}

function connections({ most, used }: Facts): Found {
  const free = most - used;
  if (free >= wanted) return ok(`${free} of ${most} connections are free`);
  const fix = "Raise it: `ALTER SYSTEM SET max_connections = 200;`, and restart PostgreSQL.";
  return warn(`${free} of ${most} connections are free, and each process may want ${wanted}`, fix);
}

async function rights(client: pg.Client, { user, database }: Facts, schema: string): Promise<Found> {
  const { rows } = await client.query<{ there: boolean; allowed: boolean }>(
    `select to_regnamespace($1) is not null as there,
      coalesce(has_schema_privilege(to_regnamespace($1), 'create'),
        has_database_privilege(current_database(), 'create')) as allowed`,
    [schema],
  );
  const [{ there, allowed } = { there: false, allowed: false }] = rows;
  if (allowed)
    return ok(there ? `tables may be made in the schema ${schema}` : `the schema ${schema} may be made`);
  const grant = there
    ? `GRANT ALL ON SCHEMA ${schema} TO "${user}"`
    : `GRANT CREATE ON DATABASE "${database}" TO "${user}"`;
  return fail(
    `${user} may not make ${there ? "tables in" : ""} the schema ${schema}`,
    `As its owner: \`${grant};\`.`,
  );
}

async function migrations(client: pg.Client, schema: string): Promise<Found> {
  const list = `"${schema}".kysely_migration`;
  const there = await client.query<{ there: boolean }>("select to_regclass($1) is not null as there", [list]);
  if (there.rows[0]?.there !== true) return ok("the tables are made at the first start");
  const { rows } = await client.query<{ name: string }>(`select name from ${list} order by name`);
  const done = rows.map(({ name }) => name);
  const newer = done.filter((name) => !migrationNames.includes(name));
  const pending = migrationNames.filter((name) => !done.includes(name));
  if (newer.length > 0) {
    const fix = "Start that newer AuditFlow here too: an old one does not know what the new one writes.";
    return warn(`a newer AuditFlow has changed the tables (${newer.join(", ")})`, fix);
  }
  if (pending.length === 0) return ok(`the tables are those of this version (${done.at(-1)})`);
  return ok(`${pending.length} migrations run at the next start (${pending.join(", ")})`);
}

async function skew(client: pg.Client, clock: Clock): Promise<Found> {
  const asked = clock.now();
  const { rows } = await client.query<{ ms: string }>(
    "select extract(epoch from clock_timestamp()) * 1000 as ms",
  );
  return clockSkew({ of: "PostgreSQL", theirs: Number(rows[0]?.ms), asked, answered: clock.now() });
}

function refusal(error: unknown, url: string): Found {
  const { code = "", message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  const name = new URL(url).pathname.slice(1);
  const fixes: Readonly<Record<string, string>> = {
    "28P01": "Correct user and password in DATABASE_URL; `ALTER ROLE name PASSWORD 'new'` sets one.",
    "28000": "Let the user in from here: see pg_hba.conf on the server, then `SELECT pg_reload_conf();`.",
    "3D000": `Make the database: \`createdb --encoding=UTF8 --template=template0 ${name}\`, or correct DATABASE_URL.`,
    "53300":
      "Raise max_connections, or end what holds them: `SELECT pid, application_name FROM pg_stat_activity;`.",
    "57P03": "Wait: PostgreSQL is starting or stopping, and its log says how far it is.",
  };
  const fix = fixes[code];
  if (fix !== undefined) return fail(`cannot connect: ${message}`, fix);
  return connectionFault(error, server) ?? fail(message, "See PostgreSQL's log for the reason.");
}
