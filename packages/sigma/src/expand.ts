import type { Path, Report } from "./fault.ts";
import type { Placeholders } from "./placeholders.ts";
import { didYouMean } from "./suggest.ts";
import { changeItems } from "./written-item.ts";

const alternatives: unique symbol = Symbol("alternatives");

/** In place of a value with placeholders: all values that it stands for, one of which must hold. */
export interface Expanded {
  readonly [alternatives]: readonly string[];
}

/** Whether a value is what `expandSection` made of one with placeholders. */
export function isExpanded(value: unknown): value is Expanded {
  return typeof value === "object" && value !== null && alternatives in value;
}

/** The values that one with placeholders stands for, never none; any other value stands for itself. */
export function alternativesOf(value: unknown): readonly unknown[] {
  return isExpanded(value) ? value[alternatives] : [value];
}

/** A section with its placeholders filled, and with what. */
interface ExpandedSection {
  readonly section: Readonly<Record<string, unknown>>;
  /** The placeholders that it uses, with all their values. */
  readonly filled: Readonly<Record<string, readonly string[]>>;
}

/** What a section is expanded with, and where its faults go; their paths are within the section. */
interface Expansion {
  readonly placeholders: Placeholders;
  readonly report: Report;
  readonly warn: Report;
}

/** One value may come to so many, or compiling and matching would take too long. */
const maxAlternatives = 10_000;

/**
 * Fills the placeholders of every value whose modifiers have `expand`: it comes to the same as the values written out. A
 * placeholder that has no values is a fault, and a value without any a warning.
 */
export function expandSection(
  section: Readonly<Record<string, unknown>>,
  expansion: Expansion,
): ExpandedSection {
  const filled = new Map<string, readonly string[]>();
  const expanded = changeItems(section, ({ modifiers, values }, written) => {
    if (!modifiers.includes("expand")) return written;
    const made = values.map(({ value, path }) => expandValue(value, path, { ...expansion, filled }));
    return Array.isArray(written) ? made : made[0];
  });
  return { section: expanded, filled: Object.fromEntries(filled) };
}

/** A part of a value: plain text, or the name of a placeholder. */
type Part = { readonly text: string } | { readonly name: string };

function expandValue(
  value: unknown,
  path: Path,
  { placeholders, report, warn, filled }: Expansion & { readonly filled: Map<string, readonly string[]> },
): unknown {
  const parts = typeof value === "string" ? partsOf(value) : [];
  const names = [...new Set(parts.flatMap((part) => ("name" in part ? [part.name] : [])))];
  if (names.length === 0) {
    warn(
      path,
      "expand fills placeholders such as %name%, but this value has none; drop expand, or write one",
    );
    return parts.length === 0 ? value : { [alternatives]: combine(parts, placeholders) };
  }
  const missing = names.filter((name) => !placeholders.has(name));
  for (const name of missing) report(path, missingFault(name, placeholders));
  if (missing.length > 0) return value;
  const count = parts.reduce((product, part) => product * choicesOf(part, placeholders).length, 1);
  if (count > maxAlternatives) {
    report(
      path,
      `the placeholders come to ${count} values, more than ${maxAlternatives}; shorten their lists`,
    );
    return value;
  }
  for (const name of names) filled.set(name, placeholders.get(name)!);
  return { [alternatives]: combine(parts, placeholders) };
}

function missingFault(name: string, placeholders: Placeholders): string {
  const meant = didYouMean(name, placeholders.keys());
  return `no table fills the placeholder "${name}"${meant}; add a document such as\n---\nplaceholders:\n  ${name}: [one value, another]`;
}

/** A backslash takes the character after it along: `\%` is a plain percent, and `\\` says nothing of what follows it. */
const token = /\\([\s\S]?)|%([\p{L}\p{N}_.-]+)%|[^\\%]+|%/gu;

function partsOf(value: string): Part[] {
  const parts: Part[] = [];
  for (const [text, escaped, name] of value.matchAll(token)) {
    parts.push(name === undefined ? { text: escaped === "%" ? "%" : text } : { name });
  }
  return parts;
}

function choicesOf(part: Part, placeholders: Placeholders): readonly string[] {
  return "text" in part ? [part.text] : placeholders.get(part.name)!;
}

function combine(parts: readonly Part[], placeholders: Placeholders): readonly string[] {
  const texts = parts.reduce<readonly string[]>(
    (starts, part) => {
      const choices = choicesOf(part, placeholders);
      return starts.flatMap((start) => choices.map((choice) => start + choice));
    },
    [""],
  );
  return [...new Set(texts)];
}
