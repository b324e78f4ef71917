import { type Draft, detectionRule, readDraft } from "./draft.ts";
import { parseDocuments, type RuleDocument } from "./parse-rule.ts";
import { resolveCorrelations } from "./resolve.ts";
import type { RuleSet, SigmaRule } from "./rule.ts";

/** The text of a rule file; `file` is only told back. */
export interface RuleSource {
  readonly file: string;
  readonly text: string;
}

/**
 * Loads rule files as one set, in which correlation rules find the rules they name whatever the file. Never throws:
 * a rule with faults is left out, all of its faults are told, and it stops no other rule (but a correlation that
 * counts it). Rules come in the order of the sources. Of two rules with one id or name the first is kept.
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
  const drafts: Draft[] = [];
  const documents: RuleDocument[] = [];
  for (const source of sources) {
    for (const document of parseDocuments(source)) {
      documents.push(document);
      drafts.push(readDraft(document));
    }
    yield;
  }
  reportDuplicates(drafts);
  const detections = new Map<Draft, ReturnType<typeof detectionRule>>();
  for (const draft of drafts) {
    detections.set(draft, detectionRule(draft));
    yield;
  }
  const sound = [...detections.values()].filter((rule) => rule !== undefined);
  const correlations = resolveCorrelations(drafts, sound);
  const rules = drafts.map((draft) => detections.get(draft) ?? correlations.get(draft));
  return {
    rules: rules.filter((rule) => rule !== undefined),
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
