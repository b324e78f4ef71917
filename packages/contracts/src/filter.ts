import {
  type FilterFieldName,
  fieldEntry,
  fieldNamed,
  filterFieldNames,
  filterLimits,
} from "./filter-fields.ts";
import { nearestWord } from "./filter-nearest.ts";
import type { Filter, FilterFault, FilterTerm } from "./filter-term.ts";
import { instead, readValue, shown } from "./filter-values.ts";
import { type FilterWord, type FilterWordValue, splitWords } from "./filter-words.ts";

/**
 * Reads a filter, or says all that is wrong with it, in the order of the text. Takes any text, answers in time linear
 * in its length and never throws. An empty text is the filter that lets everything through.
 */
export function parseFilter(text: string): { readonly filter: Filter } | { readonly faults: FilterFault[] } {
  if (text.length > filterLimits.length) {
    const message = `A filter has at most ${filterLimits.length} characters: this one has ${text.length}`;
    return { faults: [{ from: filterLimits.length, to: text.length, message }] };
  }
  const unsafe = unsafeSigns(text);
  if (unsafe.length > 0) return { faults: unsafe };
  const words = splitWords(text);
  const extra = words[filterLimits.terms];
  if (extra !== undefined) {
    const message = `A filter has at most ${filterLimits.terms} terms: this one has ${words.length}`;
    return { faults: [{ from: extra.from, to: words.at(-1)!.to, message }] };
  }
  const readings = words.map((word) => readTerm(text, word));
  const faults = readings.flatMap((reading) => ("faults" in reading ? reading.faults : []));
  if (faults.length > 0) return { faults };
  return { filter: { terms: readings.flatMap((reading) => ("term" in reading ? [reading.term] : [])) } };
}

/** What no database stores and no JSON carries unharmed. */
function unsafeSigns(text: string): FilterFault[] {
  return [...text.matchAll(/\p{Surrogate}|\0/gu)].map(({ 0: sign, index }) => ({
    from: index,
    to: index + 1,
    message:
      sign === "\0" ? "Remove the NUL character" : "Remove this half of a character (a lone surrogate)",
  }));
}

type TermReading = { readonly term: FilterTerm } | { readonly faults: readonly FilterFault[] };

function readTerm(text: string, word: FilterWord): TermReading {
  if (word.faults.length > 0) return { faults: word.faults };
  if (word.name === undefined) return readBareWord(text, word);
  const name = text.slice(word.name.from, word.name.to);
  const field = fieldNamed(name);
  if (field !== undefined) return readFieldTerm(text, word, field);
  const to = word.name.to + (name === "" ? 1 : 0);
  return {
    faults: [{ from: word.name.from, to, message: unknownField(name, text.slice(word.name.from, word.to)) }],
  };
}

function unknownField(name: string, term: string): string {
  const quoted = `write ${shown(JSON.stringify(term))}`;
  if (name === "") return `A field's name is missing before \`:\`; to search for the text ${quoted}`;
  const field = filterFieldNames.find((known) => fieldEntry(known).alsoCalled.includes(name.toLowerCase()));
  const nearest = field ?? nearestWord(name, filterFieldNames);
  const question = nearest === undefined ? "" : `, did you mean \`${nearest}:\`?`;
  return `There is no field ${shown(name)}${question || ";"} ${question === "" ? "to" : "To"} search for the text ${quoted}`;
}

const operatorWithoutColon = /^([a-z]+)([<>]=?|=)/i;

function readBareWord(text: string, word: FilterWord): TermReading {
  const { from, to, not } = word;
  const written = text.slice(not ? from + 1 : from, to);
  if (written === "")
    return {
      faults: [{ from, to, message: "Write right after `-` what to leave out, as in `-status:closed`" }],
    };
  const [, name = "", operator = ""] = operatorWithoutColon.exec(written) ?? [];
  const field = fieldNamed(name);
  if (field === undefined) return readFieldTerm(text, word, "text");
  const meant = operator === "=" ? `${field}:` : `${field}:${operator}`;
  const fault = { from: to - written.length, to: to - written.length + name.length + operator.length };
  return { faults: [{ ...fault, message: `A colon is missing: write \`${meant}\`` }] };
}

function readFieldTerm(text: string, word: FilterWord, field: FilterFieldName): TermReading {
  const { not, operator, values } = word;
  const misuse = misusedOperator(word, field) ?? tooManyValues(values);
  if (misuse !== undefined) return { faults: [misuse] };
  const faults: FilterFault[] = [];
  const read = values.flatMap((value) => {
    const reading = readValue(field, value.pieces, operator);
    if ("value" in reading) return [reading.value];
    const isMissing = value.from === value.to;
    faults.push(
      isMissing
        ? missingValue(text, word, value)
        : { from: value.from, to: value.to, message: reading.message },
    );
    return [];
  });
  // The compiler cannot see that the values are those of this very field.
  return faults.length > 0 ? { faults } : { term: { field, not, operator, values: read } as FilterTerm };
}

function misusedOperator(
  { name, operator, values }: FilterWord,
  field: FilterFieldName,
): FilterFault | undefined {
  if (operator === "=" || name === undefined) return undefined;
  const from = name.to + 1;
  if (!fieldEntry(field).ordered) {
    const message = `\`${field}\` has no order, so \`${operator}\` cannot stand here: ${instead(field)}`;
    return { from, to: from + operator.length, message };
  }
  const second = values[1];
  if (second === undefined) return undefined;
  return {
    from: second.from - 1,
    to: values.at(-1)!.to,
    message: `\`${operator}\` takes one value: remove the others`,
  };
}

function tooManyValues(values: readonly FilterWordValue[]): FilterFault | undefined {
  const extra = values[filterLimits.values];
  if (extra === undefined) return undefined;
  const message = `A term has at most ${filterLimits.values} values: this one has ${values.length}`;
  return { from: extra.from, to: values.at(-1)!.to, message };
}

function missingValue(text: string, word: FilterWord, { from, to }: FilterWordValue): FilterFault {
  if (word.values.length === 1) {
    const shownTerm = shown(text.slice(word.from, word.to));
    return {
      from: word.from,
      to: word.to,
      message: `A value is missing: write it right after ${shownTerm}, without a space`,
    };
  }
  const isFollowed = text[to] === "," && to < word.to;
  const comma = isFollowed ? to : from - 1;
  return {
    from: comma,
    to: comma + 1,
    message: "A value is missing beside this comma: write one, or remove the comma",
  };
}
