import type { AuditEvent } from "@auditflow/contracts";
import type { Bench, FaultCase } from "../case.ts";
import { deliverEvents, postEvents } from "../facts/post-events.ts";

/** How fast an answer has to come from an intake whose broker takes nothing. */
const refusalMs = 1000;

interface Alarm {
  readonly name: string;
  readonly raise: readonly string[];
  readonly clear: readonly string[];
  /** What the broker's log says of it. */
  readonly logged: RegExp;
  readonly lastsMs: number;
}

const alarms: readonly Alarm[] = [
  {
    name: "disk",
    // More than any disk has; RabbitMQ 3.10 refuses to believe in terabytes.
    raise: ["set_disk_free_limit", "900GB"],
    clear: ["set_disk_free_limit", "50MB"],
    logged: /disk resource limit alarm set/,
    lastsMs: 20_000,
  },
  {
    name: "memory",
    raise: ["set_vm_memory_high_watermark", "0"],
    clear: ["set_vm_memory_high_watermark", "0.4"],
    logged: /memory resource limit alarm set/,
    lastsMs: 10_000,
  },
];

/** The broker says that its disk, then its memory, is used up: it reads nothing from publishers, and goes on delivering. */
export const f17: FaultCase = {
  title: "RabbitMQ raises the alarm of its disk and of its memory",
  async run(bench) {
    const proofs: string[] = [];
    for (const alarm of alarms) proofs.push(await underAlarm(bench, alarm));
    return proofs.join("; ");
  },
};

async function underAlarm(bench: Bench, alarm: Alarm): Promise<string> {
  const { servers, say } = bench;
  const { name, lastsMs } = alarm;
  const logBefore = (await servers.rabbitmq.log()).length;
  let refused: readonly AuditEvent[] = [];
  try {
    await withAlertsWaiting(bench, async () => {
      say(`alarm: ${name}`);
      await servers.rabbitmq.ctl(...alarm.raise);
    });
    refused = await whileItLasts(bench, alarm);
  } finally {
    // The broker keeps an alarm for whoever comes next.
    await servers.rabbitmq.ctl(...alarm.clear);
  }
  await healed(bench, name, refused);
  const log = (await servers.rabbitmq.log()).slice(logBefore);
  if (!alarm.logged.test(log)) bench.problem(`The broker's log knows of no alarm of its ${name}`);
  return `${name}: the broker's log has the alarm, ${(lastsMs / 1000).toFixed(0)} s`;
}

/** Does something while alerts wait for their reader: what is stored after it was consumed after it. */
async function withAlertsWaiting({ system, lasts }: Bench, work: () => Promise<void>): Promise<void> {
  const { pid } = system.process("notification-service");
  process.kill(pid, "SIGSTOP");
  try {
    await lasts(3000);
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Resolves, when the alarm has lasted, to events of its own that intake refused. */
async function whileItLasts(bench: Bench, { name, lastsMs }: Alarm): Promise<readonly AuditEvent[]> {
  const raised = performance.now();
  const before = await stored(bench);
  const refused = await refusals(bench, name);
  const { acked } = bench.load.facts();
  await bench.lasts(lastsMs - (performance.now() - raised));
  const consumed = (await stored(bench)) - before;
  bench.measured(`${name}: alerts stored under the alarm`, consumed);
  if (consumed <= 0)
    bench.problem(`No alert was stored under the alarm of the ${name}: consumption stands still`);
  if (bench.load.facts().acked !== acked)
    bench.problem(`Events were accepted under the alarm of the ${name}`);
  return refused;
}

async function stored({ servers }: Bench): Promise<number> {
  const [row] = await servers.sql("select count(*)::int as n from alerts");
  return Number((row as { n: number } | undefined)?.n);
}

/** Sends events of its own, one at a time, and says what they were answered; resolves to those events. */
async function refusals(bench: Bench, name: string): Promise<readonly AuditEvent[]> {
  const events = await bench.load.mint("canary", 10);
  const slowest: number[] = [];
  for (const event of events) {
    const began = performance.now();
    const { status, retryAfter } = await postEvents(bench, [event]);
    slowest.push(performance.now() - began);
    if (status !== 503) bench.problem(`Intake answered ${status} under the alarm of the ${name}`);
    else if (retryAfter === null) bench.problem("Intake refused and did not say when to come again");
  }
  const ms = Math.round(Math.max(...slowest));
  bench.measured(`${name}: slowest refusal_ms`, ms);
  if (ms > refusalMs) bench.problem(`Intake took ${ms} ms to refuse under the alarm of the ${name}`);
  return events;
}

/** The events that were refused are taken, and detection goes on by itself. */
async function healed(bench: Bench, name: string, events: readonly AuditEvent[]): Promise<void> {
  const { system } = bench;
  const began = performance.now();
  await deliverEvents(bench, events);
  bench.measured(`${name}: intake back_ms`, Math.round(performance.now() - began));
  const evaluated = (): Promise<number> =>
    system.metric("audit-log-analysis", "auditflow_events_evaluated_total");
  const before = await evaluated();
  await bench.until(async () => (await evaluated()) > before + 200, "detection goes on", 60_000);
  bench.measured(`${name}: detection back_ms`, Math.round(performance.now() - began));
}
