import {
  type DetectionRule,
  type RuleDocument,
  type RuleSet,
  routeRules,
  type SigmaRule,
  silentRules,
} from "@auditflow/sigma";
import { type CorrelationSettings, correlationSettings } from "../detect/correlation-settings.ts";
import { atomText, whereLookedUp, whoHas } from "./rules-lookup.ts";
import { logsourcesOf, logsourceText } from "./rules-select.ts";
import { correlationSentence, durationText } from "./rules-sentence.ts";

/** A rule with the set and the documents that it stands in. */
export interface RuleContext {
  readonly set: RuleSet;
  readonly documents: readonly RuleDocument[];
}

/** Names a rule or a filter. */
export interface Named {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly line: number;
}

/** A filter that narrows a rule, as it is written. */
export interface NarrowingFilter extends Named {
  readonly section: unknown;
}

/** What a detection rule looks at. */
export interface DetectionExplanation {
  readonly logsource: string;
  readonly sources: readonly string[];
  readonly fields: readonly { readonly field: string | null; readonly looked_up: string }[];
  /** One of these holds in every event that matches; null: the rule is asked about every event of its logsource. */
  readonly found_by: readonly string[] | null;
  readonly section: unknown;
  readonly filters: readonly NarrowingFilter[];
}

/** What a correlation rule counts. */
export interface CorrelationExplanation {
  readonly sentence: string;
  readonly counts: readonly Named[];
  readonly logsources: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** All that can be said of a rule without an event. */
export interface Explanation extends Named {
  readonly name: string | null;
  readonly kind: SigmaRule["kind"];
  readonly level: string;
  readonly version: string;
  readonly status: string | null;
  readonly description: string | null;
  readonly author: string | null;
  readonly license: string | null;
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly false_positives: readonly string[];
  /** Whether a match is an alert; else only the rules that count it raise one. */
  readonly alerts: boolean;
  readonly counted_by: readonly Named[];
  readonly detection: DetectionExplanation | null;
  readonly correlation: CorrelationExplanation | null;
}

/** Explains a rule of the set. */
export function explanationOf(rule: SigmaRule, { set, documents }: RuleContext): Explanation {
  const { body } = documentOf(rule, documents) ?? {};
  const counting = set.rules.filter((one) => one.kind === "correlation" && one.rules.includes(rule.id));
  return {
    ...namedOf(rule),
    ...{ name: rule.name ?? null, kind: rule.kind, level: rule.level, version: rule.version },
    ...{ status: rule.status ?? null, description: rule.description ?? null, author: rule.author ?? null },
    license: typeof body?.license === "string" ? body.license : null,
    ...{ references: rule.references, tags: rule.tags },
    false_positives: (Array.isArray(body?.falsepositives) ? body.falsepositives : []).map(String),
    alerts: !silentRules(set.rules).has(rule.id),
    counted_by: counting.map(namedOf),
    detection: rule.kind === "detection" ? detectionOf(rule, { set, documents }) : null,
    correlation: rule.kind === "correlation" ? correlationOf(rule, set) : null,
  };
}

/** The document that a rule or filter was made of. */
export function documentOf(
  { file, line }: Pick<Named, "file" | "line">,
  documents: readonly RuleDocument[],
): RuleDocument | undefined {
  return documents.find((document) => document.file === file && document.line === line);
}

/** What a filter asks for: its section without the rules that it names. */
export function filterSection(
  filter: Pick<Named, "file" | "line">,
  documents: readonly RuleDocument[],
): unknown {
  const { rules: _rules, ...section } = Object(documentOf(filter, documents)?.body.filter) as Record<
    string,
    unknown
  >;
  return section;
}

function namedOf({ id, title, file, line }: Named): Named {
  return { id, title, file, line };
}

function detectionOf(rule: DetectionRule, { set, documents }: RuleContext): DetectionExplanation {
  const witness = routeRules([rule]).witnessOf(rule);
  return {
    logsource: logsourceText(rule.logsource),
    sources: whoHas(rule.logsource),
    fields: rule.fields.map((field) => ({ field, looked_up: whereLookedUp(field) })),
    found_by: witness === undefined ? null : witness.map(atomText),
    section: documentOf(rule, documents)?.body.detection,
    filters: set.filters
      .filter(({ id }) => rule.filters.includes(id))
      .map((filter) => ({ ...namedOf(filter), section: filterSection(filter, documents) })),
  };
}

function correlationOf(
  rule: Extract<SigmaRule, { readonly kind: "correlation" }>,
  set: RuleSet,
): CorrelationExplanation {
  const settings = correlationSettings(rule);
  const counts = rule.rules.flatMap((id) => set.rules.find((one) => one.id === id) ?? []);
  return {
    sentence: correlationSentence(rule, set.rules),
    counts: counts.map(namedOf),
    logsources: [...new Set(logsourcesOf(rule, set).map(logsourceText))],
    settings: typeof settings === "string" ? {} : settingsOf(settings),
  };
}

function settingsOf({ lateness, gap, suppress, judging }: CorrelationSettings): Record<string, string> {
  return {
    lateness: durationText(lateness),
    refire_gap: durationText(gap),
    ...(suppress === 0 ? {} : { suppress: durationText(suppress) }),
    decided: judging.kind === "later" ? "later" : "at once",
  };
}
