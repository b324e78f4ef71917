// A process that uses a transport until somebody kills it. Its first argument is a ChildTask in JSON; it tells what
// it does in lines of JSON.
import { rabbitmqTransport } from "../src/transport/rabbitmq.ts";
import { sqliteTransport } from "../src/transport/sqlite.ts";
import type { Transport, Verdict } from "../src/transport/transport.ts";

/** Where the records are, in words that fit through a command line. */
export type Place = { kind: "rabbitmq"; url: string; prefix: string } | { kind: "sqlite"; path: string };

/**
 * `publish`: 100 records, then waits. `hold`: takes records and never settles them. `work`: settles everything and
 * kills itself on a record with `poison`.
 */
export interface ChildTask {
  readonly place: Place;
  readonly act: "publish" | "hold" | "work";
}

/** What a child says. */
export interface ChildLine {
  readonly say: "published" | "holding" | "handled" | "quarantined";
  readonly ids: readonly number[];
}

interface Numbered {
  readonly id: number;
  readonly poison?: boolean;
}

const clock = { now: () => Date.now() };
const argument = process.argv[2];
if (argument !== undefined) await run(JSON.parse(argument) as ChildTask);

async function run({ place, act }: ChildTask): Promise<void> {
  const transport = open(place);
  // A child that nobody kills must not outlive its test by much.
  setTimeout(() => process.exit(1), 60_000);
  if (act === "publish") await publish(transport);
  if (act === "hold") hold(transport);
  if (act === "work") work(transport);
}

function open(place: Place): Transport {
  if (place.kind === "rabbitmq") return rabbitmqTransport({ ...place, clock });
  return sqliteTransport({ path: place.path, clock });
}

async function publish(transport: Transport): Promise<void> {
  const records = Array.from({ length: 100 }, (_, id) => ({ id }));
  await transport.publish("events", records);
  say({ say: "published", ids: records.map(({ id }) => id) });
}

function hold(transport: Transport): void {
  transport.subscribe({
    topic: "events",
    group: "audit-log-analysis",
    handler: ({ records }) => {
      say({ say: "holding", ids: (records as Numbered[]).map(({ id }) => id) });
      return new Promise<Verdict[]>(() => undefined);
    },
  });
}

function work(transport: Transport): void {
  transport.subscribe({
    topic: "events",
    group: "audit-log-analysis",
    handler: async ({ records }) => {
      const numbered = records as Numbered[];
      if (numbered.some(({ poison }) => poison)) process.kill(process.pid, "SIGKILL");
      say({ say: "handled", ids: numbered.map(({ id }) => id) });
      return records.map(() => "ack");
    },
  });
  transport.subscribe({
    topic: "quarantine",
    group: "notification-service",
    handler: async ({ records }) => {
      const bodies = (records as { body: string }[]).map(({ body }) => JSON.parse(body) as Numbered);
      say({ say: "quarantined", ids: bodies.map(({ id }) => id) });
      return records.map(() => "ack");
    },
  });
}

function say(line: ChildLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
