import { alertSeverities } from "./alert-severity.ts";
import type { AlertStatus } from "./alert-status.ts";
import { type FilterFieldName, fieldEntry } from "./filter-fields.ts";
import { nearestWord } from "./filter-nearest.ts";
import type { FilterFieldValues, FilterOperator, FilterPattern } from "./filter-term.ts";
import { readTime } from "./filter-time.ts";
import { plainText } from "./filter-words.ts";
import { uuidPattern } from "./formats.ts";

type Reading<V> = { readonly value: V } | { readonly message: string };
type Reader<F extends FilterFieldName> = (
  pieces: FilterPattern,
  operator: FilterOperator,
) => Reading<FilterFieldValues[F]>;

const uuidForm = new RegExp(uuidPattern);

const readPattern = (pieces: FilterPattern): Reading<FilterPattern> => ({ value: pieces });

const readers: { readonly [F in FilterFieldName]: Reader<F> } = {
  text: readPattern,
  severity: (pieces) =>
    map(
      readChoice("severity", pieces),
      (word) => alertSeverities.find((severity) => severity.toLowerCase() === word)!,
    ),
  status: (pieces) => map(readChoice("status", pieces), (word) => word as AlertStatus),
  rule: readPattern,
  user: readPattern,
  host: readPattern,
  ip: readPattern,
  type: readPattern,
  assignee: (pieces) => ({ value: plainText(pieces)?.toLowerCase() === "none" ? null : pieces }),
  incident: (pieces) => readUuid("incident", pieces),
  id: (pieces) => readUuid("id", pieces),
  synthetic: (pieces) => map(readChoice("synthetic", pieces), (word) => word === "true"),
  count: readCount,
  time: readTimeValue,
};

/** Reads one value of a field, or says in a sentence why it is none. */
export function readValue<F extends FilterFieldName>(
  field: F,
  pieces: FilterPattern,
  operator: FilterOperator,
): Reading<FilterFieldValues[F]> {
  if (pieces.length === 0) return { message: `An empty value fits nothing: ${instead(field)}` };
  return readers[field](pieces, operator);
}

/** What to write as a value of a field, as the end of a sentence. */
export function instead(field: FilterFieldName): string {
  const { choices, example } = fieldEntry(field);
  return choices === undefined ? `write for example \`${example}\`` : `take ${choices.join(", ")}`;
}

/** A part of the text as a message shows it, cut when it is long. */
export function shown(text: string): string {
  const signs = Array.from(text);
  return `\`${signs.length > 40 ? `${signs.slice(0, 40).join("")}…` : text}\``;
}

function readChoice(field: "severity" | "status" | "synthetic", pieces: FilterPattern): Reading<string> {
  const choices = fieldEntry(field).choices ?? [];
  const word = plainText(pieces);
  if (word === undefined) return { message: `\`${field}\` takes no wildcards: ${instead(field)}` };
  const choice = choices.find((known) => known === word.toLowerCase());
  if (choice !== undefined) return { value: choice };
  const nearest = nearestWord(word, choices);
  const question = nearest === undefined ? "" : `, did you mean \`${nearest}\`?`;
  return {
    message: `There is no ${field} ${shown(word)}${question || ":"} ${capitalIf(question, instead(field))}`,
  };
}

function capitalIf(before: string, text: string): string {
  return before === "" ? text : text[0]!.toUpperCase() + text.slice(1);
}

function readUuid(field: "id" | "incident", pieces: FilterPattern): Reading<string> {
  const word = plainText(pieces);
  if (word !== undefined && uuidForm.test(word)) return { value: word.toLowerCase() };
  return { message: `\`${field}\` takes a whole UUID without wildcards: ${instead(field)}` };
}

function readCount(pieces: FilterPattern): Reading<number> {
  const word = plainText(pieces);
  // Fifteen digits are exact in a number.
  if (word !== undefined && /^\d{1,15}$/.test(word)) return { value: Number(word) };
  return { message: `\`count\` takes a whole number of at most 15 digits: ${instead("count")}` };
}

function readTimeValue(pieces: FilterPattern, operator: FilterOperator): Reading<FilterFieldValues["time"]> {
  const word = plainText(pieces);
  if (word === undefined) return { message: `\`time\` takes no wildcards: ${instead("time")}` };
  const reading = readTime(word);
  if ("value" in reading && "ago" in reading.value && operator === "=") {
    return { message: `This is one single millisecond: write \`time:>=${word}\` for all since then` };
  }
  return reading;
}

function map<A, B>(reading: Reading<A>, change: (value: A) => B): Reading<B> {
  return "value" in reading ? { value: change(reading.value) } : reading;
}
