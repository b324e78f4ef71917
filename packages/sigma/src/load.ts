import { type Draft, detectionRule, hasContent, readDraft } from "./draft.ts";
import { parseDocuments, type RuleDocument } from "./parse-rule.ts";
import { isTable, readTables } from "./placeholders.ts";
import { resolveCorrelations } from "./resolve.ts";
import { resolveFilters } from "./resolve-filters.ts";
import type { DetectionRule, RuleSet, SigmaRule } from "./rule.ts";

/** The text of a rule file; `file` is only told back. */
export interface RuleSource {
  readonly file: string;
  readonly text: string;
}

/**
 * Loads rule files as one set, in which correlations and filters find the rules they name, and placeholders their tables,
 * whatever the file. Never throws: a rule with faults is left out, all of its faults are told, and it stops no other rule
 * (but a correlation that counts it). Rules come in the order of the sources. Of two rules with one id or name the first is kept.
 */
export function loadRules(sources: readonly RuleSource[]): RuleSet {
  const loading = loadRulesInSteps(sources);
  for (;;) {
    const { done, value } = loading.next();
    if (done === true) return value;
  }
}

/**
 * Does what `loadRules` does in short steps, none longer than a file takes: the caller may do other things between two,
 * or give up. The set is what it returns at the end.
 */
export function* loadRulesInSteps(sources: readonly RuleSource[]): Generator<undefined, RuleSet, undefined> {
  const documents: RuleDocument[] = [];
  for (const source of sources) {
    documents.push(...parseDocuments(source));
    yield;
  }
  // A rule can not be compiled before all tables are known, wherever they stand.
  const placeholders = readTables(documents.filter(isTable));
  const drafts: Draft[] = [];
  for (const document of documents.filter((other) => !isTable(other))) {
    drafts.push(readDraft(document, placeholders));
    yield;
  }
  reportDuplicates(drafts);
  const { filters, filtersOf } = resolveFilters(drafts);
  const detections = new Map<Draft, DetectionRule>();
  for (const draft of drafts) {
    if (hasContent(draft, "detection")) detections.set(draft, detectionRule(draft, filtersOf(draft)));
    yield;
  }
  const correlations = resolveCorrelations(drafts, [...detections.values()]);
  const rules = drafts.map((draft) => detections.get(draft) ?? correlations.get(draft));
  return {
    rules: rules.filter((rule) => rule !== undefined),
    filters,
    warnings: documents.flatMap((document) => document.warnings),
    problems: documents.flatMap((document) => document.problems),
  };
}

/**
 * The ids of the rules that raise no alert of their own: a correlation names them, and none that names them says
 * `generate: true`.
 */
export function silentRules(rules: readonly SigmaRule[]): ReadonlySet<string> {
  const correlations = rules.filter((rule) => rule.kind === "correlation");
  const silent = new Set(correlations.flatMap((rule) => rule.rules));
  for (const rule of correlations) {
    if (rule.generate) for (const id of rule.rules) silent.delete(id);
  }
  return silent;
}

/** A rule that is faulty anyway takes no id or name from a sound one. */
function reportDuplicates(drafts: readonly Draft[]): void {
  const taken = new Map<string, RuleDocument>();
  for (const { document, metadata } of drafts) {
    if (document.problems.length > 0) continue;
    const written = document.body.id !== undefined;
    const claims = [
      {
        key: `id ${metadata.id}`,
        path: written ? ["id"] : ["title"],
        advice: written ? "make a new one" : "add an id",
      },
      ...(metadata.name === undefined
        ? []
        : [{ key: `name ${metadata.name}`, path: ["name"], advice: "choose another" }]),
    ];
    for (const { key, path, advice } of claims) {
      const other = taken.get(key);
      if (other === undefined) continue;
      document.report(
        path,
        `the ${key} belongs to the rule at ${other.file}:${other.line} already; ${advice}`,
      );
    }
    if (document.problems.length === 0) for (const { key } of claims) taken.set(key, document);
  }
}
