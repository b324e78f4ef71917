import type { Report } from "./fault.ts";
import { hasNot, parseCondition, selectionsIn } from "./parse-condition.ts";
import { isSelection, type WrittenItem, writtenItems } from "./written-item.ts";

type Section = Readonly<Record<string, unknown>>;

/** Warns about what a detection or filter section says in vain, or in a way that means something else; paths are within it. */
export function lintSection(section: Section, warn: Report): void {
  warnOfUnused(section, warn);
  for (const item of writtenItems(section)) {
    warnOfOrder(item, warn);
    if (item.modifiers.includes("re")) warnOfInlineFlags(item, warn);
  }
}

/**
 * Warns of a filter that excludes nothing. One that compares with `neq` says what is to be left out in its own way.
 */
export function lintExclusion(section: Section, warn: Report): void {
  if (writtenItems(section).some(({ modifiers }) => modifiers.includes("neq"))) return;
  for (const { written, condition, path } of conditionsOf(section)) {
    if (condition === undefined || hasNot(condition)) continue;
    const excluding = /\s/.test(written.trim()) ? `not (${written.trim()})` : `not ${written.trim()}`;
    warn(
      path,
      `the rules match only where this holds, for there is no not in it; to exclude it write condition: ${excluding}`,
    );
  }
}

function conditionsOf(section: Section) {
  const { condition: written } = section;
  const names = Object.keys(section).filter(isSelection);
  const list: unknown[] = Array.isArray(written) ? written : [written];
  return list.flatMap((text, index) => {
    if (typeof text !== "string") return [];
    const parsed = parseCondition(text, names);
    const condition = "condition" in parsed ? parsed.condition : undefined;
    const path = Array.isArray(written) ? ["condition", index] : ["condition"];
    return [{ written: text, condition, path }];
  });
}

/** A name with an underscore before it says that the selection is not meant to be used by patterns, or at all. */
function warnOfUnused(section: Section, warn: Report): void {
  const conditions = conditionsOf(section).map(({ condition }) => condition);
  if (conditions.length === 0 || conditions.includes(undefined)) return;
  const used = new Set(conditions.flatMap((condition) => [...selectionsIn(condition!)]));
  for (const name of Object.keys(section).filter(isSelection)) {
    if (used.has(name) || name.startsWith("_")) continue;
    warn([name], `the condition never asks for "${name}"; add it there, drop it, or write _${name}`);
  }
}

function warnOfOrder({ modifiers, path }: WrittenItem, warn: Report): void {
  const at = modifiers.indexOf("all");
  if (at < 0 || at === modifiers.length - 1) return;
  const ordered = [...modifiers.filter((modifier) => modifier !== "all"), "all"];
  warn(path, `all is about the whole list and comes last; write ${ordered.join("|")}`);
}

/** RE2 takes them, so that the rule means what it says; other tools need not. */
function warnOfInlineFlags({ values }: WrittenItem, warn: Report): void {
  for (const { value, path } of values) {
    const found = typeof value === "string" ? /(?<!\\)\(\?([imsU]+)[:)]/.exec(value) : null;
    if (found === null) continue;
    const [text, flags = ""] = found;
    const covers = found.index === 0 && text.endsWith(")") && /^[ims]+$/.test(flags);
    const advice = covers ? `; write re|${[...new Set(flags)].join("|")}` : "";
    warn(path, `flags such as (?${flags}) within an expression are on their way out of Sigma${advice}`);
  }
}
