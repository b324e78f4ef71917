import { aggregationFault, beforePipe } from "./aggregation.ts";
import { compileDetection, type Matcher } from "./compile.ts";
import { type Correlation, readCorrelation } from "./correlation.ts";
import { expandSection } from "./expand.ts";
import type { Report } from "./fault.ts";
import { below, type FilterContent, readFilter } from "./filter.ts";
import { lintSection } from "./lint.ts";
import { lintMetadata, type Metadata, readLogsource, readMetadata, sectionMeant } from "./metadata.ts";
import type { RuleDocument } from "./parse-rule.ts";
import type { Placeholders } from "./placeholders.ts";
import type { DetectionRule, Logsource } from "./rule.ts";
import { ruleVersion } from "./rule-version.ts";
import { isMap } from "./written-item.ts";

/** A document read on its own: what it says, apart from the rules that it names. */
export interface Draft {
  readonly document: RuleDocument;
  readonly metadata: Metadata;
  readonly content: DetectionContent | CorrelationContent | FilterContent | undefined;
}

interface DetectionContent {
  readonly kind: "detection";
  readonly logsource: Logsource;
  readonly matcher: Matcher;
  /** What decides a match, but for filters. */
  readonly decisive: Readonly<Record<string, unknown>>;
}

interface CorrelationContent {
  readonly kind: "correlation";
  readonly correlation: Correlation;
}

/** A draft with content of this kind. */
export type DraftOf<K> = Draft & { readonly content: Extract<Draft["content"], { readonly kind: K }> };

/** A draft of a filter. */
export type FilterDraft = DraftOf<"filter">;

/** Whether a draft is of this kind, and has no faults so far. */
export function hasContent<K extends "detection" | "correlation" | "filter">(
  draft: Draft,
  kind: K,
): draft is DraftOf<K> {
  return draft.content?.kind === kind && draft.document.problems.length === 0;
}

/** Reads a document and reports every fault of it that shows without the other rules. Never throws. */
export function readDraft(document: RuleDocument, placeholders: Placeholders): Draft {
  const { body, report, warn } = document;
  const nothing = { document, metadata: readMetadata({}, ignore), content: undefined };
  if (document.problems.length > 0) return nothing;
  try {
    lintMetadata(body, warn);
    return { document, metadata: readMetadata(body, report), content: readContent(document, placeholders) };
  } catch (error) {
    // No rule is known to get here; if one does, it must not take the others with it.
    report([], `this can not be compiled: ${error instanceof Error ? error.message : String(error)}`);
    return nothing;
  }
}

function ignore(): void {}

/** The rule of a sound draft with a detection, narrowed by filters. */
export function detectionRule(draft: DraftOf<"detection">, found: readonly FilterDraft[]): DetectionRule {
  // Not in the order of the files: two sets with the same rules say the same, whatever was read first.
  const filters = found.toSorted((a, b) => (a.metadata.id < b.metadata.id ? -1 : 1));
  const { document, metadata, content } = draft;
  const { logsource, matcher, decisive } = content;
  const narrowing = filters.map((filter) => filter.content.matcher);
  const versions = filters.map((filter) => ruleVersion(filter.content.decisive)).sort();
  return {
    ...metadata,
    kind: "detection",
    level: metadata.level ?? "medium",
    version: ruleVersion(versions.length === 0 ? decisive : { ...decisive, filters: versions }),
    file: document.file,
    line: document.line,
    logsource,
    fields: [...new Set([matcher, ...narrowing].flatMap(({ fields }) => fields))],
    filters: filters.map((filter) => filter.metadata.id),
    needs: matcher.needs,
    matches: narrowed(matcher, narrowing),
    explain: matcher.explain,
  };
}

function narrowed({ matches }: Matcher, narrowing: readonly Matcher[]): Matcher["matches"] {
  if (narrowing.length === 0) return matches;
  return (event) => matches(event) && narrowing.every((filter) => filter.matches(event));
}

const sectionNames = ["detection", "correlation", "filter", "placeholders"];

function readContent(document: RuleDocument, placeholders: Placeholders): Draft["content"] {
  const { body, report } = document;
  const sections = sectionNames.filter((section) => Object.hasOwn(body, section));
  if (body.action !== undefined) {
    report(
      ["action"],
      "collections with action belong to Sigma 1; write out each rule as a document of its own",
    );
  }
  if (sections.length > 1) {
    report([], `a document holds one rule, but this has ${sections.join(" and ")}; put each in its own`);
    return undefined;
  }
  switch (sections[0]) {
    case "detection":
      return readDetection(document, placeholders);
    case "correlation":
      return { kind: "correlation", correlation: readCorrelation(body.correlation, report) };
    case "filter":
      return readFilter(document, placeholders);
    default:
      report([], `there is neither a detection nor a correlation${sectionMeant(body)}; add one`);
      return undefined;
  }
}

function readDetection(document: RuleDocument, placeholders: Placeholders): DetectionContent | undefined {
  const { body, report, warn, problems } = document;
  const logsource = readLogsource(body, report);
  if (!isMap(body.detection)) {
    report(["detection"], "detection must be a map of selections and a condition");
    return undefined;
  }
  const detection = withoutAggregation(body.detection, body, report);
  const within = { placeholders, report: below(["detection"], report), warn: below(["detection"], warn) };
  lintSection(detection, within.warn);
  const { section, filled } = expandSection(detection, within);
  const matcher = compileDetection(section, report);
  // What is faulty is never a rule, and needs no version.
  if (problems.length > 0) return undefined;
  const values = Object.keys(filled).length === 0 ? {} : { placeholders: filled };
  return {
    kind: "detection",
    logsource,
    matcher,
    decisive: { logsource: lowered(logsource), detection, ...values },
  };
}

/** Reports conditions that count as in Sigma 1, and leaves the rest for its own faults to be told. */
function withoutAggregation(
  detection: Readonly<Record<string, unknown>>,
  body: Readonly<Record<string, unknown>>,
  report: Report,
): Readonly<Record<string, unknown>> {
  const { condition } = detection;
  const texts: unknown[] = Array.isArray(condition) ? condition : [condition];
  const path = ["detection", "condition"];
  let counts = false;
  const plain = texts.map((text, index) => {
    if (typeof text !== "string" || !text.includes("|")) return text;
    counts = true;
    report(Array.isArray(condition) ? [...path, index] : path, aggregationFault(text, body));
    return beforePipe(text);
  });
  if (!counts) return detection;
  const { timeframe: _, ...rest } = detection;
  return { ...rest, condition: Array.isArray(condition) ? plain : plain[0] };
}

function lowered(logsource: Logsource): Record<string, string> {
  return Object.fromEntries(
    Object.entries(logsource).map(([key, value]: [string, string]) => [key, value.toLowerCase()]),
  );
}
