import { compileDetection, type Matcher } from "./compile.ts";
import { type Correlation, readCorrelation } from "./correlation.ts";
import { type Metadata, readLogsource, readMetadata } from "./metadata.ts";
import type { RuleDocument } from "./parse-rule.ts";
import type { DetectionRule, Logsource } from "./rule.ts";
import { ruleVersion } from "./rule-version.ts";

/** A document read on its own: what it says, apart from the rules that it names. */
export interface Draft {
  readonly document: RuleDocument;
  readonly metadata: Metadata;
  readonly content: DetectionContent | CorrelationContent | undefined;
}

interface DetectionContent {
  readonly kind: "detection";
  readonly logsource: Logsource;
  readonly matcher: Matcher;
  readonly version: string;
}

interface CorrelationContent {
  readonly kind: "correlation";
  readonly correlation: Correlation;
}

/** Reads a document and reports every fault of it that shows without the other rules. Never throws. */
export function readDraft(document: RuleDocument): Draft {
  if (document.problems.length > 0)
    return { document, metadata: readMetadata({}, ignore), content: undefined };
  try {
    return {
      document,
      metadata: readMetadata(document.body, document.report),
      content: readContent(document),
    };
  } catch (error) {
    // No rule is known to get here; if one does, it must not take the others with it.
    document.report(
      [],
      `this can not be compiled: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { document, metadata: readMetadata({}, ignore), content: undefined };
  }
}

function ignore(): void {}

/** The rule of a sound draft with a detection; undefined for any other. */
export function detectionRule({ document, metadata, content }: Draft): DetectionRule | undefined {
  if (content?.kind !== "detection" || document.problems.length > 0) return undefined;
  const { logsource, matcher, version } = content;
  return {
    ...metadata,
    kind: "detection",
    level: metadata.level ?? "medium",
    version,
    file: document.file,
    line: document.line,
    logsource,
    matches: matcher.matches,
    explain: matcher.explain,
  };
}

function lowered(logsource: Logsource): Record<string, string> {
  return Object.fromEntries(
    Object.entries(logsource).map(([key, value]: [string, string]) => [key, value.toLowerCase()]),
  );
}

function readContent(document: RuleDocument): Draft["content"] {
  const { body, report } = document;
  const sections = ["detection", "correlation", "filter"].filter((section) => body[section] !== undefined);
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
      return readDetection(document);
    case "correlation":
      return { kind: "correlation", correlation: readCorrelation(body.correlation, report) };
    case "filter":
      report(["filter"], "filters are not supported yet; write the exclusion into the rule");
      return undefined;
    default:
      report([], "there is neither a detection nor a correlation; add one");
      return undefined;
  }
}

function readDetection({ body, report, problems }: RuleDocument): DetectionContent | undefined {
  const logsource = readLogsource(body, report);
  const detection = body.detection;
  if (typeof detection !== "object" || detection === null || Array.isArray(detection)) {
    report(["detection"], "detection must be a map of selections and a condition");
    return undefined;
  }
  const matcher = compileDetection(detection as Record<string, unknown>, report);
  // A faulty detection may contain itself, and has no use for a version.
  const version = problems.length > 0 ? "" : ruleVersion({ logsource: lowered(logsource), detection });
  return { kind: "detection", logsource, matcher, version };
}
