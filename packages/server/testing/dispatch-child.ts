// A process that tells channels what is due until somebody kills it. Its first argument is a DispatchTask in JSON.
import { postgresDatabase } from "../src/database/postgres.ts";
import { sqliteDatabase } from "../src/database/sqlite.ts";
import { startDispatch } from "../src/notify/dispatch.ts";
import { silentLog } from "./silent-log.ts";

/** Where the outbox is, and how long a delivery is kept from others. */
export interface DispatchTask {
  readonly place: { kind: "sqlite"; path: string } | { kind: "postgres"; url: string; schema: string };
  readonly leaseMs: number;
}

const clock = { now: () => Date.now() };
const argument = process.argv[2];
if (argument !== undefined) run(JSON.parse(argument) as DispatchTask);

function run({ place, leaseMs }: DispatchTask): void {
  // A child that nobody kills must not outlive its test by much.
  setTimeout(() => process.exit(1), 60_000);
  const database =
    place.kind === "sqlite"
      ? sqliteDatabase({ path: place.path, clock })
      : postgresDatabase({ url: place.url, schema: place.schema, clock });
  startDispatch({
    ...{ database, clock, log: silentLog, random: Math.random, baseUrl: undefined, leaseMs },
    receivers: { allowedReceivers: ["127.0.0.0/8"] },
    observe: { tried: () => undefined },
  });
}
