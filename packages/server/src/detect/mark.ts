import { createHash } from "node:crypto";
import type { CorrelationRule } from "@auditflow/sigma";

/** Reads a field of an event, or of what is known of a firing. */
export type Read = (field: string) => unknown;

/** A field by the name that a correlation rule has for it, as it is called where the rule `counted` matched. */
export function readAs(
  rule: CorrelationRule,
  counted: string,
  read: Read,
): (name: string) => string | undefined {
  return (name) => textOf(read(rule.aliases[name]?.[counted] ?? name));
}

/** A missing, empty or null field makes no group: those events have nothing in common. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * What a rule tells its members apart by when the rule `counted` matched: nothing where it counts events, a hash of the
 * values where it counts values, the position in `rules` where it counts rules. Short and without spaces; undefined:
 * a field to be counted is missing.
 */
export function markOf(rule: CorrelationRule, counted: string, read: Read): string | undefined {
  if (rule.type === "event_count") return "";
  if (rule.type !== "value_count") return String(rule.rules.indexOf(counted));
  const values = (rule.condition.field ?? []).map(readAs(rule, counted, read));
  if (values.some((value) => value === undefined)) return undefined;
  return createHash("sha256").update(JSON.stringify(values)).digest("base64url").slice(0, 22);
}
