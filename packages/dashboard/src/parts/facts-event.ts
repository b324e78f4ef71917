import type { AlertDetailMatchedItem } from "../client/generated/auditflow.ts";

/** One value of an event with the way to it, such as `details.process.args.0`. */
export interface EventFact {
  readonly path: string;
  readonly value: string;
}

/** A stretch of text, and whether it is what the rule matched. */
export interface Stretch {
  readonly text: string;
  readonly hit: boolean;
}

/** Deeper than this a value is shown as JSON: nobody reads a table of paths that long. */
const maxDepth = 6;

/** Every value of an event with its path, in the event's own order. */
export function flattenEvent(event: object): readonly EventFact[] {
  return Object.entries(event).flatMap(([key, value]) => flatten(key, value, 1));
}

function flatten(path: string, value: unknown, depth: number): EventFact[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (inner.length === 0 || depth >= maxDepth) return [{ path, value: valueText(value) }];
  return inner.flatMap(([key, below]) => flatten(`${path}.${key}`, below, depth + 1));
}

/** A value as text: what is text already stays as it is, anything else is JSON. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/**
 * Cuts a fact's value where the rule matched: the whole value of a field that a condition names, the place in the text
 * for a search in all fields.
 */
export function markMatches(fact: EventFact, matched: readonly AlertDetailMatchedItem[]): readonly Stretch[] {
  if (matched.some((match) => isField(match, fact))) return [{ text: fact.value, hit: true }];
  const word = matched.find(({ field, value }) => field === null && findWord(fact.value, value) >= 0)?.value;
  const at = findWord(fact.value, word);
  if (at < 0) return [{ text: fact.value, hit: false }];
  const end = at + valueText(word).length;
  const stretches = [
    { text: fact.value.slice(0, at), hit: false },
    { text: fact.value.slice(at, end), hit: true },
    { text: fact.value.slice(end), hit: false },
  ];
  return stretches.filter(({ text }) => text !== "");
}

/** The rule may call the field by another name than the event does: the same value under the same last name counts. */
function isField({ field, value }: AlertDetailMatchedItem, fact: EventFact): boolean {
  if (field === null) return false;
  const path = fact.path.replace(/^details\./, "").toLowerCase();
  const name = field.toLowerCase();
  const values = Array.isArray(value) ? value : [value];
  const sameField = path === name || path.startsWith(`${name}.`) || path.endsWith(`.${name}`);
  return sameField && [value, ...values].some((one) => valueText(one) === fact.value);
}

function findWord(text: string, word: unknown): number {
  const wanted = valueText(word).toLowerCase();
  return wanted === "" ? -1 : text.toLowerCase().indexOf(wanted);
}

/** A span of milliseconds in words, in its two largest units. */
export function spanText(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let rest = Math.round(milliseconds / 1000);
  const words = units.flatMap(([unit, seconds]) => {
    const amount = Math.floor(rest / seconds);
    rest %= seconds;
    return amount === 0 ? [] : [`${amount} ${unit}`];
  });
  return words.slice(0, 2).join(" ");
}

/** The address if a browser may be sent there: http and https only, else undefined. */
export function safeLink(address: string): string | undefined {
  const url = URL.parse(address);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : undefined;
}
