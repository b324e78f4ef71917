import { type Draft, type FilterDraft, hasContent } from "./draft.ts";
import { ruleMeant } from "./resolve.ts";
import { applies } from "./route.ts";
import type { Filter } from "./rule.ts";

/** Which rules are narrowed by what. */
export interface Narrowing {
  /** The sound filters, in the order of the set. */
  readonly filters: readonly Filter[];
  /** The filters of a rule, in the order of the set. */
  filtersOf(rule: Draft): readonly FilterDraft[];
}

/**
 * Finds the rules that each filter narrows. To name a correlation is a fault; a rule that is not there, has faults or does
 * not fit the logsource is warned of, and the filter goes on for the others.
 */
export function resolveFilters(drafts: readonly Draft[]): Narrowing {
  const narrowed = new Map<Draft, FilterDraft[]>();
  const filters: Filter[] = [];
  const reach = { drafts, called: byReference(drafts) };
  for (const draft of drafts) {
    if (!hasContent(draft, "filter")) continue;
    const rules = draft.content.rules === undefined ? fitting(draft, drafts) : named(draft, reach);
    if (draft.document.problems.length > 0) continue;
    for (const rule of rules) narrowed.set(rule, [...(narrowed.get(rule) ?? []), draft]);
    filters.push(filterOf(draft, rules));
  }
  return { filters, filtersOf: (rule) => narrowed.get(rule) ?? [] };
}

function filterOf({ document, metadata, content }: FilterDraft, rules: readonly Draft[]): Filter {
  const { id, title, description } = metadata;
  const { file, line } = document;
  const ids = rules.map((rule) => rule.metadata.id);
  return { kind: "filter", id, title, description, logsource: content.logsource, rules: ids, file, line };
}

function fitting(filter: FilterDraft, drafts: readonly Draft[]): Draft[] {
  const rules = drafts.filter((draft) => hasContent(draft, "detection") && fits(filter, draft));
  if (rules.length === 0) filter.document.warn(["logsource"], "no rule of the set has this logsource");
  return rules;
}

function fits({ content }: FilterDraft, rule: Draft): boolean {
  return hasContent(rule, "detection") && applies(content.logsource, rule.content.logsource);
}

/** The documents of a set, and which of them an id or a name calls. */
interface Reach {
  readonly drafts: readonly Draft[];
  readonly called: ReadonlyMap<string, readonly Draft[]>;
}

function byReference(drafts: readonly Draft[]): Reach["called"] {
  const called = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const { id, name } = draft.metadata;
    for (const reference of name === undefined ? [id] : [id, name])
      called.set(reference, [...(called.get(reference) ?? []), draft]);
  }
  return called;
}

function named(filter: FilterDraft, { drafts, called: byName }: Reach): Draft[] {
  const { document, content } = filter;
  const isList = Array.isArray((document.body.filter as { rules: unknown }).rules);
  const found = (content.rules ?? []).flatMap((reference, index) => {
    const path = ["filter", "rules", ...(isList ? [index] : [])];
    const called = byName.get(reference) ?? byName.get(reference.toLowerCase()) ?? [];
    const rule = called.find((draft) => hasContent(draft, "detection"));
    if (rule !== undefined && fits(filter, rule)) return [rule];
    if (rule === undefined && called.some(({ content: other }) => other?.kind === "correlation"))
      document.report(path, `"${reference}" is a correlation; name the rules that it counts`);
    else document.warn(path, whyNot(reference, rule ?? called[0], drafts));
    return [];
  });
  return [...new Set(found)];
}

/** Why a filter does not narrow what it names. */
function whyNot(reference: string, rule: Draft | undefined, drafts: readonly Draft[]): string {
  if (rule === undefined) {
    const meant = ruleMeant(reference, drafts);
    return `no rule has the id or name "${reference}"${meant}; load its file too, or correct it`;
  }
  const place = `${rule.document.file}:${rule.document.line}`;
  if (hasContent(rule, "detection")) {
    const logsource = JSON.stringify(rule.content.logsource);
    return `the rule "${reference}" is not narrowed: its logsource is ${logsource} (${place}); let the filter's fit, or drop it here`;
  }
  if (rule.content?.kind === "filter") return `"${reference}" is a filter (${place}); name a rule`;
  return `the rule "${reference}" has faults of its own (${place}); repair it`;
}
