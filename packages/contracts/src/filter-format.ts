import type { FilterFieldName } from "./filter-fields.ts";
import type { Filter, FilterFieldValues, FilterPattern, FilterTerm } from "./filter-term.ts";
import { writeTime } from "./filter-time.ts";

/** The canonical text of a filter: `parseFilter` reads it back as an equal filter. */
export function formatFilter(filter: Filter): string {
  return filter.terms.map(formatTerm).join(" ");
}

/** A plain value as it stands after `field:`, in quotes where it needs them. */
export function filterValue(value: string): string {
  return writeText(value, special.value);
}

/** Plain text as a bare word, in quotes where it needs them. */
export function filterBareWord(text: string): string {
  return writeText(text, special.bare);
}

/** What must stand in quotes not to mean something, after `field:` and in a bare word. */
const special = { value: /[\s"\\,*?<>]/, bare: /[\s"\\,*?<>:=]|^-/ } as const;

function formatTerm(term: FilterTerm): string {
  const { field, not, operator, values } = term;
  const sign = not ? "-" : "";
  const [first, ...others] = values;
  if (field === "text" && first !== undefined && others.length === 0) {
    return sign + writePattern(first as FilterPattern, special.bare);
  }
  const write = writers[field] as (value: unknown) => string;
  return `${sign}${field}:${operator === "=" ? "" : operator}${values.map(write).join(",")}`;
}

const pattern = (value: FilterPattern): string => writePattern(value, special.value);
const lowerCase = (value: string): string => value.toLowerCase();

const writers: { readonly [F in FilterFieldName]: (value: FilterFieldValues[F]) => string } = {
  text: pattern,
  severity: lowerCase,
  status: lowerCase,
  rule: pattern,
  user: pattern,
  host: pattern,
  ip: pattern,
  type: pattern,
  assignee: (value) => (value === null ? "none" : pattern(value)),
  incident: lowerCase,
  id: lowerCase,
  synthetic: String,
  count: String,
  time: writeTime,
};

function writePattern(pieces: FilterPattern, needsQuotes: RegExp): string {
  return pieces.map((piece) => ("wild" in piece ? piece.wild : writeText(piece.text, needsQuotes))).join("");
}

function writeText(text: string, needsQuotes: RegExp): string {
  if (text !== "" && !needsQuotes.test(text)) return text;
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
