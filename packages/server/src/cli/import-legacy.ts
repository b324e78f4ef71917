import { join } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { type Command, Option } from "commander";
import { uuidv7 } from "uuidv7";
import { mask, processEnvironment, readConfig } from "../app/config.ts";
import { connect } from "../app/connect.ts";
import { takeDataFolder } from "../app/data-folder.ts";
import { systemClock } from "../app/system-clock.ts";
import { version } from "../app/version.ts";
import type { Database } from "../database/database.ts";
import { type LegacyTable, openLegacyTable } from "../database/legacy-table.ts";
import {
  checkLegacyRows,
  type ImportedLegacyAlerts,
  importLegacyAlerts,
} from "../notify/import-legacy-alerts.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { pause } from "../transport/deadline.ts";
import { ImportTally, type TallyOptions } from "./import-tally.ts";
import { legacyJson } from "./legacy-json.ts";
import { legacySince, legacyUrl } from "./legacy-settings.ts";

interface ImportOptions extends TallyOptions {
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly table: string;
  readonly since?: string;
  readonly strict: boolean;
}

/** What the process answers after Ctrl-C, as shells do. */
const interrupted = 130;

const examples = `
Examples:
  $ AUDITFLOW_LEGACY_URL=postgres://reader:secret@old/auditdb auditflow import-legacy --dry-run
  $ AUDITFLOW_LEGACY_URL_FILE=/run/secrets/old auditflow import-legacy --data /var/lib/auditflow --rejects left.ndjson
  $ echo "postgres://reader:secret@old/auditdb" | auditflow import-legacy - --database-url postgres://new/auditflow
  $ auditflow import-legacy postgres://reader@old/auditdb --since 2025-01-01

It only reads the old database. Run it as often as you like: what is there already stays as it is.
With a data folder, stop AuditFlow first; with PostgreSQL it may go on running.`;

/** \`auditflow import-legacy\`: copies the alerts of the first AuditFlow, under their ids and without telling anybody. */
export function importLegacyCommand(program: Command, done: (code: number) => void): void {
  program
    .command("import-legacy")
    .description("copy the alerts of the first AuditFlow's PostgreSQL into this one")
    .argument(
      "[url]",
      "postgres://… of the old database, - reads it from standard input [AUDITFLOW_LEGACY_URL]",
    )
    .addOption(
      new Option("--data <folder>", "data folder to import into [AUDITFLOW_DATA]").conflicts("databaseUrl"),
    )
    .option("--database-url <url>", "database to import into [DATABASE_URL]")
    .option("--config <file>", "YAML file of settings, as of serve [AUDITFLOW_CONFIG]")
    .option("--table <name>", "the old table", "alerts")
    .option("--since <time>", "only alerts from this time on: 2025-01-31 or 2025-01-31T12:00:00Z")
    .option("--dry-run", "read and check everything, store nothing", false)
    .option("--rejects <file>", "write refused rows to this file, one JSON object a line")
    .option("--strict", "exit with 1 when a row was refused", false)
    .option("--json", "the summary as one JSON object", false)
    .addHelpText("after", examples)
    .action(async (url: string | undefined, options: ImportOptions) => {
      done(await importLegacy(url, options));
    });
}

async function importLegacy(argument: string | undefined, options: ImportOptions): Promise<number> {
  const since = legacySince(options.since);
  const url = await legacyUrl(argument, processEnvironment());
  const { signal, release } = untilSignal();
  await using stack = new AsyncDisposableStack();
  stack.defer(release);
  try {
    const table = await openLegacyTable({ url, table: options.table, since, signal });
    stack.defer(() => table.close());
    const target = options.dryRun ? undefined : await openTarget(options);
    stack.defer(async () => await target?.close());
    return await importAll({ table, target, signal }, options);
  } catch (error) {
    if (!signal.aborted) throw error;
    return interrupted;
  }
}

interface Route {
  readonly table: LegacyTable;
  /** undefined: nothing is to be stored. */
  readonly target: Target | undefined;
  readonly signal: AbortSignal;
}

async function importAll({ table, target, signal }: Route, options: ImportOptions): Promise<number> {
  const tally = await ImportTally.start(table.total, target?.name, options);
  try {
    let coming = table.next();
    for (;;) {
      const rows = await coming;
      if (rows.length === 0) break;
      // The old database reads while the new one writes; whoever awaits it next learns what went wrong.
      coming = table.next();
      coming.catch(() => undefined);
      const outcome = target === undefined ? checked(rows) : await stored(target.database, rows, signal);
      await tally.add(rows.length, outcome);
      if (signal.aborted) break;
    }
  } finally {
    await tally.end(signal.aborted);
  }
  if (signal.aborted) return interrupted;
  return options.strict && tally.refused > 0 ? 1 : 0;
}

type Rows = Awaited<ReturnType<LegacyTable["next"]>>;

function checked(rows: Rows): ImportedLegacyAlerts {
  const refused = checkLegacyRows(rows, legacyJson);
  return { stored: rows.length - refused.length, unchanged: 0, refused };
}

/** How long to wait before another try, in milliseconds; a database that is down for longer ends the command. */
const pauses = [500, 1000, 2000, 4000, 8000];

async function stored(database: Database, rows: Rows, signal: AbortSignal): Promise<ImportedLegacyAlerts> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await importLegacyAlerts(database, rows, {
        ...{ json: legacyJson, now: systemClock.now(), newId: uuidv7 },
      });
    } catch (error) {
      if (!(error instanceof AuditFlowError && error.retryable)) throw error;
      const wait = pauses[tries];
      if (wait === undefined || signal.aborted) throw givenUp(error);
      await pause(wait, signal);
    }
  }
}

function givenUp(cause: AuditFlowError): AuditFlowError {
  const message = `${cause.message}; what was stored stays, the same command goes on with the rest`;
  return new AuditFlowError(cause.code, message, { cause });
}

interface Target {
  /** For people, without a password. */
  readonly name: string;
  readonly database: Database;
  close(): Promise<void>;
}

async function openTarget({ data, databaseUrl, config: file }: ImportOptions): Promise<Target> {
  const env = processEnvironment();
  const named = data === undefined ? databaseUrl : `sqlite:${join(data, "auditflow.db")}`;
  const config = readConfig({
    roles: [],
    // Nothing is going to listen, so that what guards a listener is no matter here.
    flags: { data, databaseUrl: named, host: "127.0.0.1" },
    env,
    file: file ?? env["AUDITFLOW_CONFIG"],
  });
  const url = config.urls.database;
  const folder =
    url.startsWith("sqlite:") && config.data !== undefined ? takeDataFolder(config.data) : undefined;
  const database = await connect("database", url, { clock: systemClock, metrics: createMetrics(version) });
  const close = async (): Promise<void> => {
    await database.stop();
    folder?.release();
  };
  return { name: String(mask("databaseUrl", url)), database, close };
}

/** A terminal under npm delivers Ctrl-C twice; a second one counts only after this, in milliseconds. */
const secondSignal = 1000;

/** Aborted at the first Ctrl-C or SIGTERM, so that the batch in hand is stored; a later one ends the process. */
function untilSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const ended = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= systemClock.now();
    if (systemClock.now() - first > secondSignal) process.exit(interrupted);
    ended.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const release = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  return { signal: ended.signal, release };
}
