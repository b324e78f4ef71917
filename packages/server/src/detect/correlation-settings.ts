import type { CorrelationRule } from "@auditflow/sigma";
import type { Judging } from "../windows/windows.ts";
import type { FiringSettings } from "./firing.ts";
import { isMarked, judgingOf, windowConditionOf } from "./window-condition.ts";

/** What decides how a correlation rule's groups are windowed; times in milliseconds. */
export interface CorrelationSettings extends FiringSettings {
  /** What `condition` is to the window store. */
  readonly judging: Judging;
  /** The most members that one event can be in a group. */
  readonly perEvent: number;
  /** How far behind its group's greatest event time an event may come. */
  readonly lateness: number;
  /** Firings that follow each other within this are one episode; never less than the span. */
  readonly gap: number;
  /** How long after the first firing of an alert no episode of the group is an alert of its own; 0: each is. */
  readonly suppress: number;
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
  const condition = windowConditionOf(rule);
  if (typeof condition === "string") return condition;
  if (!(rule.timespan >= 1)) return "correlation.timespan: must be at least a millisecond";
  const span = Math.round(rule.timespan);
  const lateness = setting(rule, "lateness", defaultLateness);
  if (lateness === undefined) return "auditflow.lateness: must look like 30s, 5m, 1h or 1d";
  const gap = setting(rule, "refire_gap", span);
  if (gap === undefined) return "auditflow.refire_gap: must look like 30s, 5m, 1h or 1d";
  const suppress = setting(rule, "suppress", 0);
  if (suppress === undefined) return "auditflow.suppress: must look like 30s, 5m, 1h or 1d";
  return {
    condition,
    judging: judgingOf(condition),
    perEvent: isMarked(condition) ? rule.rules.length : 1,
    ...{ span, lateness, gap: Math.max(gap, span), suppress },
  };
}

function setting(rule: CorrelationRule, name: string, fallback: number): number | undefined {
  const custom = rule.custom["auditflow"];
  const value = isObject(custom) ? custom[name] : undefined;
  return value === undefined ? fallback : milliseconds(value);
}

function milliseconds(text: unknown): number | undefined {
  const parts = typeof text === "string" ? /^(\d{1,9})([smhd])$/.exec(text.trim()) : null;
  return parts === null ? undefined : Number(parts[1]) * units[parts[2]!]!;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
