import type { CorrelationRule, CorrelationType, CountCondition } from "@auditflow/sigma";
import { type FiringSettings, maxThreshold, thresholdOf } from "./firing.ts";

/** What decides how a correlation rule's groups are windowed; times in milliseconds. */
export interface CorrelationSettings extends FiringSettings {
  /** How far behind its group's greatest event time an event may come. */
  readonly lateness: number;
  /** Firings that follow each other within this are one episode; never less than the span. */
  readonly gap: number;
}

const defaultLateness = 5 * 60_000;

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The settings of a rule, with `auditflow.lateness` (default 5m) and `auditflow.refire_gap` (default: the timespan)
 * from its custom part, or in words why it cannot be correlated.
 *
 * A gap below the timespan counts as the timespan: the windows of two episodes then never overlap, so that each
 * event belongs to one alert at most.
 */
export function correlationSettings(rule: CorrelationRule): CorrelationSettings | string {
  const { type, condition, rules } = rule;
  if (!windowedTypes.includes(type))
    return `correlation.type: ${type} can not be decided here yet; only ${windowedTypes.join(", ")} can`;
  if (rule.expression !== undefined)
    return "correlation.condition: or and not among rules can not be decided here yet; ask for all rules, or for a number of them";
  const threshold = thresholdOf(condition);
  if (threshold === undefined) return `correlation.condition: ${whyUndecided(condition)}`;
  if (type === "temporal_ordered" && threshold !== rules.length)
    return "correlation.condition: an order is decided over all of its rules only; drop the condition";
  if (!(rule.timespan >= 1)) return "correlation.timespan: must be at least a millisecond";
  const span = Math.round(rule.timespan);
  const lateness = setting(rule, "lateness", defaultLateness);
  if (lateness === undefined) return "auditflow.lateness: must look like 30s, 5m, 1h or 1d";
  const gap = setting(rule, "refire_gap", span);
  if (gap === undefined) return "auditflow.refire_gap: must look like 30s, 5m, 1h or 1d";
  const settings = { threshold, span, lateness, gap: Math.max(gap, span) };
  if (type === "event_count") return settings;
  return { ...settings, marked: { ordered: type === "temporal_ordered", perEvent: rules.length } };
}

const windowedTypes: readonly CorrelationType[] = [
  "event_count",
  "value_count",
  "temporal",
  "temporal_ordered",
];

/** Bounds that a later event can undo have to wait for the window to close, which none does yet. */
function whyUndecided(condition: CountCondition): string {
  const operator = Object.keys(condition).find((key) => !["gt", "gte", "field"].includes(key));
  if (operator === undefined) return `counts up to ${maxThreshold} can be decided here, this one is greater`;
  return `${operator} can not be decided here yet; only gt and gte can`;
}

function setting(rule: CorrelationRule, name: string, fallback: number): number | undefined {
  const custom = rule.custom["auditflow"];
  const value = isObject(custom) ? custom[name] : undefined;
  return value === undefined ? fallback : milliseconds(value);
}

function milliseconds(text: unknown): number | undefined {
  const parts = typeof text === "string" ? /^(\d{1,6})([smhd])$/.exec(text.trim()) : null;
  return parts === null ? undefined : Number(parts[1]) * units[parts[2]!]!;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
