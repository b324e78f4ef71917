import { clip } from "../ingest/clip.ts";
import { printable } from "./printable.ts";

/** A selection as it is written: an item, or several of which all or any must hold. */
export type Selection =
  | { readonly kind: "item"; readonly key: string; readonly value: unknown }
  | { readonly kind: "all" | "any"; readonly of: readonly Selection[] };

/** The detection of a rule, or the like of a filter: what stands in it, by name. */
export interface WrittenDetection {
  readonly conditions: readonly string[];
  readonly selections: ReadonlyMap<string, Selection>;
}

/** Reads a section that has loaded; what is wrong with it was told then. */
export function readDetection(section: unknown): WrittenDetection {
  const entries = Object.entries(section as object).filter(([name]) => name !== "condition");
  const { condition } = section as { readonly condition?: unknown };
  return {
    conditions: (Array.isArray(condition) ? condition : [condition]).map(String),
    selections: new Map(entries.map(([name, written]) => [name, selectionOf(written)])),
  };
}

function selectionOf(written: unknown): Selection {
  if (Array.isArray(written) && written.some((member) => typeof member === "object" && member !== null))
    return { kind: "any", of: written.map(selectionOf) };
  if (Array.isArray(written) || typeof written !== "object" || written === null)
    return { kind: "item", key: "", value: written };
  const items = Object.entries(written).map(([key, value]): Selection => ({ kind: "item", key, value }));
  return items.length === 1 ? items[0]! : { kind: "all", of: items };
}

const verbs: Readonly<Record<string, string>> = {
  contains: "contains",
  startswith: "starts with",
  endswith: "ends with",
  re: "fits the regular expression",
  cidr: "is in the network",
  exists: "exists:",
  fieldref: "is what is in the field",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/** How many values of a long list are shown. */
const shownValues = 8;

/** An item in words: `CommandLine contains "a" or "b"`. */
export function itemText(key: string, value: unknown): string {
  const [field = "", ...modifiers] = key.split("|");
  const verb = modifiers.map((modifier) => verbs[modifier]).find((known) => known !== undefined);
  const others = modifiers.filter((modifier) => !(modifier in verbs) && !["all", "neq"].includes(modifier));
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const shown = values
    .slice(0, shownValues)
    .map((one) => printable(clip(JSON.stringify(one) ?? "null", 200)));
  const more = values.length > shownValues ? [`${values.length - shownValues} more`] : [];
  const text = [...shown, ...more].join(modifiers.includes("all") ? " and " : " or ");
  const name = field === "" ? "any value of the record" : printable(field);
  const is = verb ?? (field === "" ? "has" : "is");
  const how = others.length === 0 ? "" : ` (${others.join(", ")})`;
  return `${modifiers.includes("neq") ? "not: " : ""}${name} ${is} ${text}${how}`;
}
