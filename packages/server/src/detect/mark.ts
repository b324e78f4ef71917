import { hash } from "node:crypto";
import type { CorrelationRule } from "@auditflow/sigma";
import { oncePerValues } from "./once-per-values.ts";

/** Reads a field of an event, or of what is known of a firing. */
export type Read = (field: string) => unknown;

/** The names under which the rule `counted` has the fields that a correlation rule has these names for. */
export function fieldsIn(rule: CorrelationRule, counted: string, names: readonly string[]): string[] {
  return names.map((name) => rule.aliases[name]?.[counted] ?? name);
}

/** The fields as texts; undefined for what is missing, empty or null: those events have nothing in common. */
export function textsOf(fields: readonly string[], read: Read): (string | undefined)[] {
  return fields.map((field) => textOf(read(field)));
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether none of the texts is missing. */
export function areThere(texts: readonly (string | undefined)[]): texts is readonly string[] {
  return !texts.includes(undefined);
}

/**
 * Makes the function that tells what a rule tells its members apart by when the rule `counted` matched: nothing where it
 * counts events, a hash of the values where it counts values, the number where it is about numbers, the position in
 * `rules` where it is about rules. Short and without spaces; undefined: a field is missing, or holds no number.
 */
export function markerOf(rule: CorrelationRule, counted: string): (read: Read) => string | undefined {
  const fields = fieldsIn(rule, counted, rule.condition.field ?? []);
  switch (rule.type) {
    case "event_count":
      return () => "";
    case "temporal":
    case "temporal_ordered": {
      const mark = String(rule.rules.indexOf(counted));
      return () => mark;
    }
    case "value_count":
      return (read) => {
        const values = textsOf(fields, read);
        return areThere(values) ? hashOf(rule, values) : undefined;
      };
    default:
      return (read) => numberText(read(fields[0] ?? ""));
  }
}

/** A number, or a text that is one in decimal digits, as the shortest text of that number. */
function numberText(value: unknown): string | undefined {
  const isNumber = typeof value === "number" || (typeof value === "string" && decimal.test(value.trim()));
  const number = isNumber ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? String(number) : undefined;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const hashOf = oncePerValues((_rule: CorrelationRule, values) =>
  hash("sha256", JSON.stringify(values), "base64url").slice(0, 22),
);
