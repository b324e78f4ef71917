import { type Alert, AuditEvent, type ErrorCode } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { failpoint } from "#failpoint";
import type { Clock } from "../telemetry/clock.ts";
import { everyLine } from "../telemetry/every-line.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Traces } from "../telemetry/trace-context.ts";
import type { Batch, Transport, Verdict } from "../transport/transport.ts";
import type { Windows } from "../windows/windows.ts";
import { tracesOfAlerts, tracesOfEvents } from "./alert-traces.ts";
import { type Analyser, createAnalyser } from "./analyser.ts";
import type { Hit, SkipReason } from "./correlate.ts";
import { type LiveRulesOptions, openRules } from "./live-rules.ts";
import type { RuleTiming } from "./rule-budget.ts";
import { tellSuspensions } from "./tell-suspensions.ts";

/** What detection is started with. */
export interface DetectOptions extends LiveRulesOptions {
  readonly transport: Transport;
  readonly windows: Windows;
  readonly clock: Clock;
  /** What rules are timed by: one that takes too long is suspended. */
  readonly timing: RuleTiming;
}

/** How often due groups are looked for: the last revision of an alert goes out at most this much late. */
const sweepMilliseconds = 250;

/**
 * While one batch waits for the window store or the broker, the next ones are evaluated. The correlator takes the hits
 * of one group in the order of the batches.
 */
const batchesAtOnce = 16;

/**
 * Starts detection: events in, alerts out. An event is acknowledged only after its alerts were confirmed, so a crash
 * repeats work and loses none. Rules change as their files do, between two batches. `stop` waits for the batch in hand.
 */
export async function startDetect(options: DetectOptions): Promise<{ stop(): Promise<void> }> {
  const { transport, metrics } = options;
  const suspensions = tellSuspensions(options);
  const live = await openRules({ ...options, onRuleSet: (state) => suspensions.onRuleSet(state) });
  const analyser = createAnalyser({
    ...{ ...options, rules: live.rules, onSkip: (reason) => count(metrics, reason) },
    onKnown: knownEvents((n) => metrics.eventsDuplicate.inc(n)),
    onSuspended: (one) => suspensions.onSuspended(one),
    onSlow: (ms) => suspensions.onSlow(ms),
  });
  const stage: Stage = { ...options, analyser };
  const subscription = transport.subscribe({
    topic: "events",
    group: "audit-log-analysis",
    handler: (batch) => settle(stage, batch),
    concurrency: batchesAtOnce,
  });
  const sweeping = startSweeping(stage);
  const following = live.follow((rules) => {
    analyser.use(rules);
    suspensions.count(analyser.suspended());
  });
  return {
    stop: async () => {
      following.stop();
      await sweeping.stop();
      await subscription.stop();
    },
  };
}

interface Stage extends DetectOptions {
  readonly analyser: Analyser;
}

/** Several rules may know an event; each time that it is delivered it counts once. */
function knownEvents(tell: (n: number) => void): (hit: Pick<Hit, "event">) => void {
  const told = new WeakSet<AuditEvent>();
  return ({ event }) => {
    if (told.has(event)) return;
    told.add(event);
    tell(1);
  };
}

function count(metrics: Metrics, reason: SkipReason): void {
  if (reason === "late") metrics.eventsLate.inc();
  else metrics.eventsWithoutGroup.inc();
}

const isEvent = new Ajv({ allErrors: false }).compile(AuditEvent);

async function settle(stage: Stage, { records, traces }: Batch): Promise<readonly Verdict[]> {
  const { clock, metrics } = stage;
  const started = clock.now();
  const events: AuditEvent[] = [];
  const verdicts = records.map((record): Verdict => {
    if (!isEvent(record)) return refusal();
    events.push(record as AuditEvent);
    return "ack";
  });
  const alerts = await stage.analyser.take(events);
  await publish(stage, alerts, traces && tracesOfAlerts(alerts, tracesOfEvents(records, traces)));
  metrics.eventsEvaluated.inc(events.length);
  observeTimes(stage, events, started);
  const counts = { records: records.length, events: events.length, alerts: alerts.length };
  stage.log.debug(
    { "event.name": "detect.batch", ...counts, duration_ms: clock.now() - started, [everyLine]: true },
    "a batch of events was evaluated",
  );
  return verdicts;
}

function refusal(): Verdict {
  const [fault] = isEvent.errors ?? [];
  const code: ErrorCode = "invalid_event";
  return { quarantine: code, reason: `${fault?.instancePath || "/"} ${fault?.message ?? "is not an event"}` };
}

function observeTimes({ clock, metrics }: Stage, events: readonly AuditEvent[], started: number): void {
  const now = clock.now();
  metrics.detectionDuration.observe((now - started) / 1000);
  const received = events.at(-1)?.received_at;
  if (received !== undefined) metrics.eventLag.observe(Math.max(0, now - Date.parse(received)) / 1000);
}

async function publish(
  { transport, analyser, metrics }: Stage,
  alerts: readonly Alert[],
  traces?: Traces,
): Promise<void> {
  if (alerts.length === 0) return;
  await transport.publish("alerts", alerts, traces);
  await failpoint("detect.confirmed", alerts);
  analyser.confirm(alerts);
  for (const { severity } of alerts) metrics.alertsPublished.inc({ severity });
}

/** Looks for due groups again and again; what fails now is due again later. */
function startSweeping(stage: Stage): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = sweep(stage).finally(() => {
      busy = false;
    });
  }, sweepMilliseconds);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function sweep(stage: Stage): Promise<void> {
  try {
    await publish(stage, await stage.analyser.sweep());
  } catch (error) {
    stage.log.debug({ "event.name": "sweep.failed", error }, "due groups are looked for again later");
  }
}
