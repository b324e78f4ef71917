import { setTimeout as delay } from "node:timers/promises";
import type { RuleSetState, Service, ServiceReport } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";
import { type Clock, formatTimestamp } from "./clock.ts";

/** What is counted in a report. */
type Count = "generated" | "accepted" | "evaluated";
const counts: readonly Count[] = ["generated", "accepted", "evaluated"];

/** The counts of a process at one moment or over one span. */
type Counts = Readonly<Record<Count, number>>;

/** What a process reports with. */
export interface ServiceReportOptions {
  /** Resolves when the report is owned by the transport; rejects when that is not known. */
  readonly publish: (report: ServiceReport) => Promise<void>;
  readonly clock: Clock;
  /** Totals since the process started, read at each report; they never shrink. */
  readonly counters: Readonly<Record<Count, () => number | Promise<number>>>;
  /** Names this process among all. */
  readonly instance: string;
  /** What runs in it. */
  readonly services: readonly Service[];
  readonly version: string;
  /** The rules that it works with; undefined where it has none. A change of them is reported at once. */
  readonly ruleSet?: () => RuleSetState | undefined;
}

/** Milliseconds between two reports, and between two while nothing happens. */
const reportEvery = 2000;
const quietEvery = 10_000;

/** How long the last report may take when the process stops, in milliseconds. */
const farewell = 1000;

/**
 * Publishes every 2 s what the process did since its report before, and every 10 s that it is there while it does
 * nothing. Over all reports each count is told exactly once: a report that failed goes out again as it was, under its
 * id, and what came since goes into the next. Returns what ends it: at most 1 s, the rest is reported first.
 */
export function reportService(options: ServiceReportOptions): () => Promise<void> {
  const reporter = new Reporter(options);
  let current: Promise<void> | undefined;
  const report = (): Promise<void> => {
    // One at a time: a publish may take longer than the time between two.
    current ??= reporter.report().finally(() => {
      current = undefined;
    });
    return current;
  };
  const timer = setInterval(() => void report(), reportEvery);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    // Twice: the first may have to repeat a report that failed.
    const last = (current ?? Promise.resolve()).then(report).then(report);
    await Promise.race([last, delay(farewell, undefined, { ref: false })]);
  };
  return () => {
    stopped ??= stop();
    return stopped;
  };
}

/** Knows what was told, and what could not be told yet. */
class Reporter {
  readonly #options: ServiceReportOptions;
  #pending: ServiceReport | undefined;
  #told: Counts = { generated: 0, accepted: 0, evaluated: 0 };
  #toldAt: number;
  #toldRules: RuleSetState | undefined;

  constructor(options: ServiceReportOptions) {
    this.#options = options;
    this.#toldAt = options.clock.now();
  }

  /** Never rejects: what fails is tried again at the next call. */
  async report(): Promise<void> {
    try {
      this.#pending ??= await this.#next();
      if (this.#pending === undefined) return;
      await this.#options.publish(this.#pending);
      this.#pending = undefined;
    } catch {
      // The transport's own health says why; nothing is lost, for the report stays pending.
    }
  }

  async #next(): Promise<ServiceReport | undefined> {
    const { clock, instance, services, version } = this.#options;
    const total = await this.#read();
    const at = clock.now();
    const since = (count: Count): number => Math.max(0, total[count] - this.#told[count]);
    const rules = this.#options.ruleSet?.();
    const isQuiet = counts.every((count) => since(count) === 0) && rules === this.#toldRules;
    if (isQuiet && at - this.#toldAt < quietEvery) return undefined;
    const report: ServiceReport = {
      ...{ report_id: uuidv7(), instance, services: [...services], version },
      ...{ from: formatTimestamp(this.#toldAt), to: formatTimestamp(at) },
      ...{ generated: since("generated"), accepted: since("accepted"), evaluated: since("evaluated") },
      ...(rules === undefined ? {} : { rule_set: rules }),
    };
    this.#toldRules = rules;
    this.#told = total;
    this.#toldAt = at;
    return report;
  }

  async #read(): Promise<Counts> {
    const { generated, accepted, evaluated } = this.#options.counters;
    return { generated: await generated(), accepted: await accepted(), evaluated: await evaluated() };
  }
}
