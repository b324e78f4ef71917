import type { Path } from "./fault.ts";

/** One line of a selection as it is written: `field|modifiers: values`. */
export interface WrittenItem {
  /** From the top of the section on. */
  readonly path: Path;
  readonly modifiers: readonly string[];
  /** The values one by one, each with its path. */
  readonly values: readonly { readonly value: unknown; readonly path: Path }[];
}

/** What is nested deeper is a fault anyway. */
const maxDepth = 8;

/**
 * The section with each line's value replaced by what `change` makes of the line, given the value itself; whatever is no
 * selection stays as it is.
 */
export function changeItems(
  section: Readonly<Record<string, unknown>>,
  change: (item: WrittenItem, written: unknown) => unknown,
): Record<string, unknown> {
  const selection = (written: unknown, path: Path): unknown => {
    if (Array.isArray(written) && path.length <= maxDepth)
      return written.map((member, index) => selection(member, [...path, index]));
    return isMap(written) ? mapValues(written, (value, key) => item(key, value, [...path, key])) : written;
  };
  const item = (key: string, written: unknown, path: Path): unknown => {
    const values = Array.isArray(written)
      ? written.map((value: unknown, index) => ({ value, path: [...path, index] }))
      : [{ value: written, path }];
    return change({ path, modifiers: key.split("|").slice(1), values }, written);
  };
  return mapValues(section, (written, name) => (isSelection(name) ? selection(written, [name]) : written));
}

/** All lines of all selections. */
export function writtenItems(section: Readonly<Record<string, unknown>>): readonly WrittenItem[] {
  const items: WrittenItem[] = [];
  changeItems(section, (item) => items.push(item));
  return items;
}

/** Whether a key of a detection names a selection. */
export function isSelection(key: string): boolean {
  return key !== "condition" && key !== "timeframe";
}

function mapValues(
  map: Readonly<Record<string, unknown>>,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}

/** Whether a value is a map of YAML. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
