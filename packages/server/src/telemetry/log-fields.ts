import { loggedError } from "./log-error.ts";
import { isSecretName, maskedValue } from "./log-mask.ts";
import { cut, longestText } from "./log-text.ts";

/** What a log call was given, besides its text. */
export type Fields = Readonly<Record<string, unknown>>;

/** The names that every line has of itself: a field of such a name is told under another. */
const taken = new Set([
  ...["timestamp", "severity_text", "severity_number", "body"],
  ...["service.name", "service.version", "service.instance.id"],
]);

/** Values inside values are told down to here, and so many of each. */
const deepest = 4;
const mostMembers = 50;

/**
 * The fields as they may be written: an error as one field, secrets by name blanked out, strings cut, and of objects
 * only plain ones, so that no request or connection is ever told whole. `mask` is applied to what is cut.
 */
export function safeFields(given: Fields, mask: (text: string) => string): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const key of Object.keys(given)) {
    const value = given[key];
    if (value === undefined || typeof value === "function" || typeof value === "symbol") continue;
    if (key === "error" || key === "err") safe["error"] = safeValue(loggedError(value), mask, deepest);
    else if (isSecretName(key) && value !== null) safe[key] = maskedValue;
    else safe[taken.has(key) ? `attributes.${key}` : key] = safeValue(value, mask, deepest);
  }
  return safe;
}

function safeValue(value: unknown, mask: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return value.length > longestText ? cut(mask(value)) : value;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return safeValue(loggedError(value), mask, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) {
    return depth === 0
      ? "[Array]"
      : value.slice(0, mostMembers).map((member) => safeValue(member, mask, depth - 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name ?? "Object"}]`;
  return depth === 0 ? "[Object]" : safeMembers(value as Fields, mask, depth - 1);
}

function safeMembers(given: Fields, mask: (text: string) => string, depth: number): Record<string, unknown> {
  const members = Object.entries(given).slice(0, mostMembers);
  return Object.fromEntries(
    members.map(([key, value]) => [key, isSecretName(key) ? maskedValue : safeValue(value, mask, depth)]),
  );
}
