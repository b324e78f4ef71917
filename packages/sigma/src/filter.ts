import { compileDetection, type Matcher } from "./compile.ts";
import { expandSection } from "./expand.ts";
import type { Path, Report } from "./fault.ts";
import { lintExclusion, lintSection } from "./lint.ts";
import { readLogsource } from "./metadata.ts";
import type { RuleDocument } from "./parse-rule.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Logsource } from "./rule.ts";
import { isMap } from "./written-item.ts";

/** What a filter document says; the rules that it names are still to be found. */
export interface FilterContent {
  readonly kind: "filter";
  readonly logsource: Logsource;
  /** Ids or names of rules; undefined: all that its logsource fits. */
  readonly rules: readonly string[] | undefined;
  readonly matcher: Matcher;
  /** What decides for what it holds. */
  readonly decisive: unknown;
}

/** Reads the `filter` section of a document; faults are reported, and what comes back then must not be used. */
export function readFilter(
  { body, report, warn }: RuleDocument,
  placeholders: Placeholders,
): FilterContent | undefined {
  const logsource = readLogsource(body, report);
  if (!isMap(body.filter)) {
    report(["filter"], "filter must be a map with rules, selections and a condition");
    return undefined;
  }
  const { rules: written, ...section } = body.filter;
  const within = {
    placeholders,
    report: below(["filter"], report),
    warn: below(["filter"], warn),
  };
  const rules = readRules(written, report);
  lintSection(section, within.warn);
  lintExclusion(section, within.warn);
  const expanded = expandSection(section, within);
  const matcher = compileDetection(expanded.section, (path, message) =>
    within.report(path.slice(1), message),
  );
  return { kind: "filter", logsource, rules, matcher, decisive: { section, filled: expanded.filled } };
}

/** Reports at a path below a section of the document. */
export function below(section: Path, report: Report): Report {
  return (path, message) => report([...section, ...path], message);
}

function readRules(written: unknown, report: Report): readonly string[] | undefined {
  const path = ["filter", "rules"];
  const list: unknown[] = Array.isArray(written) ? written : [written];
  if (written === undefined) {
    report(["filter"], "rules is missing; name the rules to narrow, or write rules: any");
    return [];
  }
  if (list.length === 0) report(path, "the list is empty; name a rule, or write rules: any");
  if (list.length === 1 && list[0] === "any") return undefined;
  return list.filter((name, index): name is string => {
    const at = Array.isArray(written) ? [...path, index] : path;
    const sound = typeof name === "string" && name !== "";
    if (!sound) report(at, "must be the id or name of a rule");
    else if (list.indexOf(name) < index) report(at, `"${name}" stands there twice; keep one`);
    else if (name === "any")
      report(at, "any stands for all rules and can not stand beside others; write rules: any");
    return sound;
  });
}
