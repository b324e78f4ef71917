import { type Alert, AuditEvent, type ErrorCode } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { failpoint } from "#failpoint";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { everyLine } from "../telemetry/every-line.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { RuleSource } from "../telemetry/rule-desk.ts";
import type { Traces } from "../telemetry/trace-context.ts";
import type { Batch, Transport, Verdict } from "../transport/transport.ts";
import type { Windows } from "../windows/windows.ts";
import { tracesOfAlerts, tracesOfEvents } from "./alert-traces.ts";
import { type Analyser, type AnalyserOptions, createAnalyser } from "./analyser.ts";
import { ArrivalLag } from "./arrival-lag.ts";
import type { Hit, SkipReason } from "./correlate.ts";
import { type LiveRulesOptions, openRules } from "./live-rules.ts";
import type { RuleTiming } from "./rule-budget.ts";
import { type RuleCounts, ruleCounts } from "./rule-counts.ts";
import { ruleSource } from "./rule-source.ts";
import { tellSuspensions } from "./tell-suspensions.ts";

/** What detection is started with. */
export interface DetectOptions extends LiveRulesOptions {
  readonly transport: Transport;
  readonly windows: Windows;
  readonly clock: Clock;
  /** What rules are timed by: one that takes too long is suspended. */
  readonly timing: RuleTiming;
  /** Handed where the rules can be asked for and reloaded, once they are in force. */
  readonly serveRules?: (source: RuleSource) => void;
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
  const { transport, metrics, clock } = options;
  let since = "";
  const onRuleSet: DetectOptions["onRuleSet"] = (state) => {
    since = formatTimestamp(clock.now());
    options.onRuleSet(state);
  };
  const suspensions = tellSuspensions({ ...options, onRuleSet });
  const live = await openRules({ ...options, onRuleSet: (state) => suspensions.onRuleSet(state) });
  const counts = ruleCounts(live.rules.rules);
  const lag = new ArrivalLag(clock);
  const analyser = createAnalyser({
    ...{ ...options, rules: live.rules, ...countInto(counts, metrics) },
    onSuspended: (one) => suspensions.onSuspended(one),
    behind: () => lag.behind(),
    onSlow: (ms) => suspensions.onSlow(ms),
  });
  const stage: Stage = { ...options, analyser, counts, lag };
  const subscription = transport.subscribe({
    topic: "events",
    group: "audit-log-analysis",
    handler: (batch) => settle(stage, batch),
    concurrency: batchesAtOnce,
  });
  const sweeping = startSweeping(stage);
  const following = live.follow((rules) => {
    counts.use(rules.rules);
    analyser.use(rules);
    suspensions.count(analyser.suspended().length);
  });
  const { edition } = live;
  options.serveRules?.(
    ruleSource({
      ...{ edition, counts, since: () => since },
      ...{ suspended: () => analyser.suspended(), reload: () => following.reload() },
    }),
  );
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
  readonly counts: RuleCounts;
  readonly lag: ArrivalLag;
}

/** What an analyser tells is counted per rule, and over all rules. */
function countInto(
  counts: RuleCounts,
  metrics: Metrics,
): Pick<AnalyserOptions, "onMatch" | "onHit" | "onSkip" | "onKnown" | "onSuppressed"> {
  const isKnown = knownEvents((n) => metrics.eventsDuplicate.inc(n));
  return {
    onMatch: ({ rule }) => {
      counts.of(rule).matches += 1;
    },
    onHit: ({ rule }) => {
      counts.of(rule).matches += 1;
    },
    onSkip: (reason, { rule }) => {
      counts.of(rule)[reason === "late" ? "late" : "skipped"] += 1;
      count(metrics, reason);
    },
    onKnown: (hit) => {
      counts.of(hit.rule).duplicates += 1;
      isKnown(hit);
    },
    onSuppressed: (ruleId) => counts.suppressed(ruleId),
  };
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
  const received = events.at(-1)?.received_at;
  if (received !== undefined) stage.lag.taken(Date.parse(received));
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
  { transport, analyser, counts, metrics }: Stage,
  alerts: readonly Alert[],
  traces?: Traces,
): Promise<void> {
  if (alerts.length === 0) return;
  await transport.publish("alerts", alerts, traces);
  await failpoint("detect.confirmed", alerts);
  analyser.confirm(alerts);
  counts.published(alerts);
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
  // What the broker holds back may belong to groups that nothing comes for.
  if (stage.transport.health().status === "fail") stage.lag.heldUp();
  try {
    await publish(stage, await stage.analyser.sweep());
  } catch (error) {
    stage.lag.heldUp();
    stage.log.debug({ "event.name": "sweep.failed", error }, "due groups are looked for again later");
  }
}
