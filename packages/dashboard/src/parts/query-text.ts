import {
  completeFilter,
  type Filter,
  type FilterCompletion,
  type FilterFault,
  type FilterFieldName,
  type FilterOption,
  formatFilter,
  parseFilter,
} from "@auditflow/contracts";

/** A stretch of the text of a query, and whether it is at fault. */
export interface TextPart {
  readonly from: number;
  readonly text: string;
  readonly fault: boolean;
}

/** All that is wrong with a text; empty for a filter that can be asked. */
export function faultsOf(text: string): readonly FilterFault[] {
  const read = parseFilter(text);
  return "faults" in read ? read.faults : [];
}

/**
 * The faults that a writer wants to see: not that of the word that is being written, unless he asked for the answer.
 * `caret` is undefined while nobody writes.
 */
export function faultsToShow(
  faults: readonly FilterFault[],
  caret: number | undefined,
  asked: boolean,
): readonly FilterFault[] {
  if (asked || caret === undefined) return faults;
  return faults.filter(({ from, to }) => caret < from || caret > to);
}

/** The text in stretches that are at fault or not, whole and in order. */
export function partsOf(text: string, faults: readonly FilterFault[]): readonly TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const { from, to } of faults.toSorted((one, other) => one.from - other.from)) {
    if (from < at) continue;
    parts.push({ from: at, text: text.slice(at, from), fault: false });
    parts.push({ from, text: text.slice(from, to), fault: true });
    at = to;
  }
  parts.push({ from: at, text: text.slice(at), fault: false });
  return parts.filter((part) => part.text !== "");
}

/** A term of a filter as a chip shows it, and the filter without it. */
export interface TermChip {
  readonly words: string;
  readonly without: string;
}

/** The terms of a sound filter, each in words; `nameOf` tells how people know a value, such as a rule's id. */
export function chipsOf(text: string, nameOf: (field: FilterFieldName, value: string) => string): TermChip[] {
  const read = parseFilter(text);
  if (!("filter" in read)) return [];
  const { terms } = read.filter;
  return terms.map((term, position) => ({
    words: termWords(term, nameOf),
    without: formatFilter({ terms: terms.filter((_, other) => other !== position) }),
  }));
}

const operatorWords = { "=": "", ">": "more than ", ">=": "at least ", "<": "less than ", "<=": "at most " };
const timeWords = { "=": "", ">": "after ", ">=": "since ", "<": "before ", "<=": "until " };

function termWords(
  term: Filter["terms"][number],
  nameOf: (field: FilterFieldName, value: string) => string,
): string {
  const { field, not, operator } = term;
  const values = term.values.map((value) =>
    nameOf(field, valueWords({ ...term, values: [value] } as typeof term)),
  );
  const list = values.join(not ? " nor " : " or ");
  if (field === "text") return `${not ? "without" : "with"} “${list}”`;
  const sign = (field === "time" ? timeWords : operatorWords)[operator];
  return `${field} ${not ? "not " : ""}${sign}${list}`;
}

/** A value as it is written after `field:`, without the quotes that a whole value has. */
function valueWords(term: Filter["terms"][number]): string {
  const { field, operator } = term;
  const written = formatFilter({ terms: [{ ...term, not: false }] });
  const start = written.startsWith(`${field}:`)
    ? field.length + 1 + (operator === "=" ? 0 : operator.length)
    : 0;
  const value = written.slice(start);
  return /^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
}

/** What a list of completions offers, and what it replaces. */
export interface Completion extends Pick<FilterCompletion, "from" | "to"> {
  readonly options: readonly FilterOption[];
}

/** What can be written at the caret; `valuesOf` knows values that alerts have. */
export function completionAt(
  text: string,
  caret: number,
  valuesOf: (field: FilterFieldName) => readonly FilterOption[],
): Completion {
  const { from, to, options, field, written } = completeFilter(text, caret);
  const begun = written.toLowerCase();
  const known = field === undefined ? [] : valuesOf(field);
  const fitting = known.filter(
    ({ text: value, help }) =>
      value.toLowerCase().replace(/^"/, "").includes(begun) || help.toLowerCase().includes(begun),
  );
  const seen = new Set<string>();
  const all = [...options, ...fitting].filter(({ text: value }) => !seen.has(value) && seen.add(value));
  // What is written already needs no offer.
  const others = all.filter((option) => option.text !== text.slice(from, to));
  return { from, to, options: others.slice(0, 14) };
}

/** The text with an option put in, and where the caret goes; a whole term makes room for the next. */
export function accept(
  text: string,
  { from, to }: Pick<Completion, "from" | "to">,
  option: string,
): { readonly text: string; readonly caret: number } {
  const isWhole = !/[:<>=]$/.test(option);
  const rest = text.slice(to);
  const space = isWhole && rest === "" ? " " : "";
  return { text: text.slice(0, from) + option + space + rest, caret: from + option.length + space.length };
}
