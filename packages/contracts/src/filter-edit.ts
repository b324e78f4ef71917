import { type FilterFieldName, fieldNamed } from "./filter-fields.ts";
import { filterBareWord, filterValue } from "./filter-format.ts";
import { type FilterWord, type FilterWordValue, plainText, splitWords } from "./filter-words.ts";

/** The terms of a field, or with a `-` its exclusions. */
export type FilterKey = FilterFieldName | `-${FilterFieldName}`;

/**
 * The text with one more alternative, `value` being plain text: in the first plain term of that key, else as a new
 * term. The opposite of it is taken out, everything else stays as it is, also when it has faults.
 */
export function withTerm(text: string, key: FilterKey, value: string): string {
  const base = withoutTerm(text, opposite(key), value);
  if (isValueIn(base, key, value)) return base;
  const written = filterValue(value);
  // Bare words must all be found, so a further one is a further term.
  const joined = fieldOfKey(key) === "text" ? undefined : wordsOf(base, key).find(({ isOpen }) => !isOpen);
  if (joined === undefined)
    return withWord(base, key.endsWith("text") ? bareWord(key, value) : `${key}:${written}`);
  const comma = joined.values.at(-1)!.from === joined.to ? "" : ",";
  return base.slice(0, joined.to) + comma + written + base.slice(joined.to);
}

/** The text without this value in the plain terms of that key; a term that had no other goes as a whole. */
export function withoutTerm(text: string, key: FilterKey, value: string): string {
  return wordsOf(text, key).reduceRight((rest, word) => {
    const kept = word.values.filter((one) => !isValue(one, value));
    if (kept.length === word.values.length) return rest;
    if (kept.length === 0) return withoutWord(rest, word);
    const start = rest.slice(word.from, word.values[0]!.from);
    return (
      rest.slice(0, word.from) +
      start +
      kept.map(({ from, to }) => rest.slice(from, to)).join(",") +
      rest.slice(word.to)
    );
  }, text);
}

/** Whether exactly this value, without wildcards and regard to case, stands in a plain term of that key. */
export function isValueIn(text: string, key: FilterKey, value: string): boolean {
  return wordsOf(text, key).some((word) => word.values.some((one) => isValue(one, value)));
}

/**
 * The text with all terms of a field, exclusions too, replaced by `field:written`, where the first of them was, or
 * at the end; `written` is as a person writes it: `>=now-24h`. An empty one only removes.
 */
export function replaceField(text: string, field: FilterFieldName, written: string): string {
  const [first, ...others] = splitWords(text).filter((word) => fieldOf(text, word) === field);
  const rest = others.reduceRight(withoutWord, text);
  const term = field === "text" ? written : `${field}:${written}`;
  if (written === "") return first === undefined ? rest : withoutWord(rest, first);
  return first === undefined ? withWord(rest, term) : rest.slice(0, first.from) + term + rest.slice(first.to);
}

function fieldOfKey(key: FilterKey): FilterFieldName {
  return (key.startsWith("-") ? key.slice(1) : key) as FilterFieldName;
}

function opposite(key: FilterKey): FilterKey {
  return key.startsWith("-") ? fieldOfKey(key) : `-${fieldOfKey(key)}`;
}

function bareWord(key: FilterKey, value: string): string {
  return (key.startsWith("-") ? "-" : "") + filterBareWord(value);
}

/** The words that say `field:value,...`, with the key's sign. */
function wordsOf(text: string, key: FilterKey): FilterWord[] {
  const field = fieldOfKey(key);
  return splitWords(text).filter(
    (word) => word.operator === "=" && word.not === key.startsWith("-") && fieldOf(text, word) === field,
  );
}

function fieldOf(text: string, { name }: FilterWord): FilterFieldName | undefined {
  return name === undefined ? "text" : fieldNamed(text.slice(name.from, name.to));
}

function isValue({ pieces }: FilterWordValue, value: string): boolean {
  return plainText(pieces)?.toLowerCase() === value.toLowerCase();
}

function withWord(text: string, word: string): string {
  const last = splitWords(text).at(-1);
  // Behind an open quote it would become a part of the quoted text.
  if (last?.isOpen) return `${word} ${text}`;
  return last?.to === text.length ? `${text} ${word}` : text + word;
}

function withoutWord(text: string, { from, to }: { readonly from: number; readonly to: number }): string {
  const before = text.slice(0, from);
  const after = text.slice(to).replace(/^\s+/, "");
  // Not trimmed, for an escaped space belongs to its word.
  return after === "" ? before.slice(0, splitWords(before).at(-1)?.to ?? 0) : before + after;
}
