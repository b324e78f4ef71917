import { createEvent, type DetectionRule, type Logsource } from "@auditflow/sigma";
import { type CorpusRule, filling } from "./rules.ts";
import type { Fields, Values } from "./values.ts";

/** A record, and where rules think it comes from. */
export interface MadeRecord {
  readonly record: Fields;
  readonly logsource: Logsource;
}

const attempts = 40;

/**
 * Changes an ordinary record so that the rule matches it, by writing values that the rule asks for into it; undefined
 * when guessing does not get there, as with regular expressions. What the rule says is only guessed at, for the rule
 * itself judges the result.
 */
export function provoke(
  { rule, detection }: CorpusRule,
  draw: () => MadeRecord,
  values: Values,
): MadeRecord | undefined {
  const selections = Object.entries(detection)
    .filter(([name]) => name !== "condition")
    .map(([, selection]) => selection);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { record, logsource } = draw();
    // Some selections are alternatives and some are exceptions: any part of them may be the right one.
    const chosen =
      attempt === 0 ? selections.slice(0, 1) : selections.filter(() => values.below(3) < 1 + (attempt % 2));
    for (const selection of chosen) fill(record, selection, values);
    if (matches(rule, { record, logsource })) return { record, logsource };
  }
  return undefined;
}

function matches(rule: DetectionRule, { record, logsource }: MadeRecord): boolean {
  const { raw } = record;
  return rule.matches(
    createEvent({ scopes: [record], logsource, ...(typeof raw === "string" ? { raw } : {}) }),
  );
}

function fill(record: Fields, selection: unknown, values: Values): void {
  if (typeof selection !== "object" || selection === null) {
    say(record, concrete(String(selection), values));
  } else if (Array.isArray(selection)) {
    fill(record, values.pick(selection), values);
  } else {
    for (const [key, wanted] of Object.entries(selection)) fillField(record, key, { wanted, values });
  }
}

interface Wanted {
  readonly wanted: unknown;
  readonly values: Values;
}

function fillField(record: Fields, key: string, { wanted, values }: Wanted): void {
  const [name = "", ...modifiers] = key.split("|");
  const all = Array.isArray(wanted) ? wanted : [wanted];
  const needed = modifiers.includes("all") ? all : [values.pick(all)];
  const made = needed.map((value) => transformed(value, modifiers, values));
  const place = placeOf(modifiers);
  const [only] = made;
  const value =
    made.length === 1 && place === "whole" ? only : padded(made.join(` ${values.hex(4)} `), place, values);
  if (name === "") say(record, String(value));
  else put(record, name, place === "whole" ? value : joined(record[name], String(value), { place, values }));
}

const places = ["contains", "startswith", "endswith"] as const;
type Place = (typeof places)[number] | "whole";

function placeOf(modifiers: readonly string[]): Place {
  return places.find((place) => modifiers.includes(place)) ?? "whole";
}

/** The text with what may stand before and after it; the end of a path gets a beginning. */
function padded(text: string, place: Place, values: Values): string {
  const start = text.startsWith("\\")
    ? `C:\\Users\\${values.person()}\\${values.thing()}`
    : `${values.thing()} `;
  return `${place === "startswith" ? "" : start}${text}${place === "endswith" ? "" : ` ${values.thing()}`}`;
}

/** A rule may ask for several parts of one field: what is to be contained joins what is there, and so may an end. */
function joined(known: unknown, text: string, { place, values }: { place: Place; values: Values }): string {
  const joins = place === "contains" || (place === "endswith" && values.below(3) === 0);
  return joins && typeof known === "string" && known.length < 300 ? `${known} ${text}` : text;
}

function transformed(value: unknown, modifiers: readonly string[], values: Values): unknown {
  if (modifiers.includes("cidr")) return String(value).split("/")[0]?.replace(/\.0$/, ".9");
  if (typeof value !== "string") return value;
  const text = concrete(modifiers.includes("expand") ? expanded(value) : value, values);
  return modifiers.some((name) => name.startsWith("base64")) ? Buffer.from(text).toString("base64") : text;
}

function expanded(value: string): string {
  return value.replace(/%([^%]+)%/g, (_mark, name: string) => [filling(name)].flat()[0]!);
}

/** A text that a Sigma value with its wildcards and escapes stands for. */
function concrete(value: string, values: Values): string {
  return value.replace(/\\([*?\\])|\*|\?/g, (mark, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    return mark === "?" ? "x" : values.hex(6);
  });
}

function say(record: Fields, words: string): void {
  if (typeof record.message !== "string") {
    record.note = typeof record.note === "string" ? `${record.note} ${words}` : words;
    return;
  }
  record.raw = `${String(record.raw)} ${words}`;
  record.message += ` ${words}`;
}

/** Writes under the path if the record has its beginning, else under the flat name. */
function put(record: Fields, name: string, value: unknown): void {
  const [head = "", ...rest] = name.split(".");
  const inner = record[head] ?? {};
  if (rest.length === 0 || typeof inner !== "object" || Array.isArray(inner)) {
    record[name] = value;
    return;
  }
  record[head] = inner;
  put(inner as Fields, rest.join("."), value);
}
