import type { CorrelationRule } from "@auditflow/sigma";
import { type CorrelationSettings, correlationSettings } from "./correlation-settings.ts";
import { groupKey } from "./episode-alert.ts";
import { oncePerValues } from "./once-per-values.ts";

/** The events that a correlation rule counts together. */
export interface Group {
  /** Under which the window store knows it. */
  readonly key: string;
  readonly rule: CorrelationRule;
  /** One value per name of `rule.groupBy`. */
  readonly values: readonly string[];
  readonly settings: CorrelationSettings;
}

/** A rule's group by its values; in words why, if the rule cannot be correlated. */
export const groupOf: (rule: CorrelationRule, values: readonly string[]) => Group | string = oncePerValues(
  (rule: CorrelationRule, values): Group | string => {
    const settings = correlationSettings(rule);
    return typeof settings === "string" ? settings : { key: groupKey(rule, values), rule, values, settings };
  },
);
