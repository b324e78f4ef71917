import {
  type FilterFieldName,
  fieldEntry,
  fieldNamed,
  filterFieldNames,
  filterFields,
} from "./filter-fields.ts";
import type { FilterOperator } from "./filter-term.ts";
import { type FilterWord, plainText, splitWords } from "./filter-words.ts";

/** Something to put into a query bar, and what it means. */
export interface FilterOption {
  readonly text: string;
  readonly help: string;
}

/** What can stand where the caret is: an option's text goes in the place of [from, to). */
export interface FilterCompletion {
  readonly from: number;
  readonly to: number;
  readonly options: readonly FilterOption[];
  /** The field whose value is being written; undefined: a field's name or a bare word is. */
  readonly field: FilterFieldName | undefined;
  /** What is written before the caret, without quotes: whoever knows more values offers those that begin with it. */
  readonly written: string;
}

/** What may be written at a place of a filter's text, whatever the text; `caret` counts UTF-16 units. */
export function completeFilter(text: string, caret: number): FilterCompletion {
  const word = splitWords(text).find(({ from, to }) => from <= caret && caret <= to);
  if (word === undefined) return nameCompletion("", { from: caret, to: caret });
  const { from, to, not, name } = word;
  if (name !== undefined && caret > name.to) return valueCompletion(text, word, caret);
  const start = not ? from + 1 : from;
  return nameCompletion(text.slice(start, Math.max(caret, start)), {
    from: start,
    to: name === undefined ? to : name.to + 1,
  });
}

function nameCompletion(
  written: string,
  span: { readonly from: number; readonly to: number },
): FilterCompletion {
  const begins = (name: string): boolean => name.startsWith(written.toLowerCase());
  const options = filterFieldNames
    // Bare words say the same.
    .filter((field) => field !== "text" && [field, ...fieldEntry(field).alsoCalled].some(begins))
    // Those that begin so themselves first.
    .sort((one, other) => Number(begins(other)) - Number(begins(one)))
    .map((field) => ({ text: `${field}:`, help: filterFields[field].help }));
  return { ...span, options, field: undefined, written };
}

function valueCompletion(text: string, word: FilterWord, caret: number): FilterCompletion {
  const { name, operator, values } = word;
  const value = values.find(({ to }) => caret <= to) ?? values.at(-1)!;
  const { from, to } = value;
  const field = fieldNamed(text.slice(name!.from, name!.to));
  const written = writtenBefore(text.slice(from, Math.max(caret, from)));
  const span = { from, to, written, field };
  if (field === undefined) return { ...span, options: [] };
  const others = new Set(
    values.filter((one) => one !== value).map(({ pieces }) => plainText(pieces)?.toLowerCase()),
  );
  const options = [
    ...valueOptions(field, operator),
    ...(values.length === 1 ? operatorOptions(field, operator) : []),
  ];
  const fitting = options.filter(
    (option) => option.text.startsWith(written.toLowerCase()) && !others.has(option.text),
  );
  return { ...span, options: fitting };
}

function writtenBefore(text: string): string {
  const pieces = splitWords(`text:${text}`)[0]?.values[0]?.pieces ?? [];
  return pieces.map((piece) => ("text" in piece ? piece.text : piece.wild)).join("");
}

function operatorOptions(field: FilterFieldName, operator: FilterOperator): FilterOption[] {
  if (!fieldEntry(field).ordered || operator !== "=") return [];
  const isTime = field === "time";
  return [
    { text: ">=", help: isTime ? "since" : "at least" },
    { text: "<=", help: isTime ? "until" : "at most" },
    { text: ">", help: isTime ? "after" : "more than" },
    { text: "<", help: isTime ? "before" : "less than" },
  ];
}

const recent: readonly FilterOption[] = [
  { text: "now-15m", help: "15 minutes ago" },
  { text: "now-1h", help: "An hour ago" },
  { text: "now-24h", help: "24 hours ago" },
  { text: "now-7d", help: "7 days ago" },
  { text: "now-30d", help: "30 days ago" },
];

function valueOptions(field: FilterFieldName, operator: FilterOperator): FilterOption[] {
  if (field === "time") return timeOptions(operator);
  if (field === "assignee") return [{ text: "none", help: "Nobody" }];
  return (fieldEntry(field).choices ?? []).map((text) => ({ text, help: `${field} is ${text}` }));
}

function timeOptions(operator: FilterOperator): FilterOption[] {
  if (operator !== "=") return [...recent];
  return recent.map(({ text, help }) => ({
    text: `>=${text}`,
    help: `Since ${help[0]!.toLowerCase()}${help.slice(1)}`,
  }));
}
