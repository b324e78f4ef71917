import { uuidv7 } from "uuidv7";
import { postgresDatabase } from "../src/database/postgres.ts";
import { startNotify } from "../src/notify/notify.ts";
import { rabbitmqTransport } from "../src/transport/rabbitmq.ts";
import { silentLog } from "./silent-log.ts";

/** What a process that stores alerts is told. */
export interface NotifyChildTask {
  readonly amqp: string;
  readonly prefix: string;
  readonly postgres: string;
  readonly schema: string;
}

// A child process of a test: stores alerts until the first batch is committed, and dies before it is acknowledged.
const { amqp, prefix, postgres, schema } = JSON.parse(String(process.argv[2])) as NotifyChildTask;
const clock = { now: () => Date.now() };
startNotify({
  transport: rabbitmqTransport({ url: amqp, prefix, clock }),
  database: postgresDatabase({ url: postgres, schema, clock }),
  ...{ clock, log: silentLog, newId: uuidv7, random: Math.random, retentionDays: 0 },
  ...{ receivers: { allowedReceivers: [] }, baseUrl: undefined },
  observe: {
    wrote: () => undefined,
    quarantineHolds: () => undefined,
    // Called after the commit, in the same turn in which the handler would resolve.
    stored: () => process.kill(process.pid, "SIGKILL"),
    duplicates: () => undefined,
    quarantined: () => undefined,
    tried: () => undefined,
  },
});
