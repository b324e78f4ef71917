import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
} from "yaml";
import type { Path, Report } from "./fault.ts";
import type { RuleProblem } from "./rule.ts";

/** One YAML document of a rule file, read but not yet understood. */
export interface RuleDocument {
  readonly file: string;
  /** Where it begins. */
  readonly line: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Adds a fault of this document. */
  readonly report: Report;
  /** The line of a field, or of the closest place above it that is there. */
  readonly lineOf: (path: Path) => number;
  /** Adds a warning. */
  readonly warn: Report;
  /** All faults so far, in the order reported; a document with any does not become a rule. */
  readonly problems: readonly RuleProblem[];
  readonly warnings: readonly RuleProblem[];
}

/**
 * Splits a file into its documents. Empty ones are left out; one that can not be read as a map comes back with its
 * faults and an empty body. Never throws.
 */
export function parseDocuments({ file, text }: { file: string; text: string }): RuleDocument[] {
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    return [...documents].filter(isWritten).map((document) => readDocument(document, { file, lines }));
  } catch (error) {
    // Nesting so deep that the parser's stack ends.
    const message = `this can not be read: ${error instanceof Error ? error.message : String(error)}`;
    const problems = [{ file, line: 1, column: 1, field: "", message }];
    return [
      { file, line: 1, body: {}, report: ignore, lineOf: () => 1, warn: ignore, problems, warnings: [] },
    ];
  }
}

function ignore(): void {}

function isWritten(document: Document.Parsed): boolean {
  const { contents, errors } = document;
  return errors.length > 0 || !(contents === null || (isScalar(contents) && contents.value === null));
}

function readDocument(
  document: Document.Parsed,
  { file, lines }: { file: string; lines: LineCounter },
): RuleDocument {
  const problems: RuleProblem[] = [];
  const warnings: RuleProblem[] = [];
  const place = (offset: number, path: Path, message: string): RuleProblem => {
    const { line, col } = lines.linePos(offset);
    const field = path.join(".");
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), field, message };
  };
  const reportTo =
    (list: RuleProblem[]): Report =>
    (path, message) => {
      list.push(place(offsetOf(document.contents, path), path, message));
    };
  const report = reportTo(problems);
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    problems.push(place(pos[0], [], `this is not YAML as rules use it: ${message}`));
  }
  const lineOf = (path: Path): number => lines.linePos(offsetOf(document.contents, path)).line;
  const body = problems.length === 0 ? bodyOf(document, report) : {};
  const line = Math.max(lines.linePos(document.contents?.range[0] ?? document.range[0]).line, 1);
  return { file, line, body, report, lineOf, warn: reportTo(warnings), problems, warnings };
}

function bodyOf(document: Document.Parsed, report: Report): Readonly<Record<string, unknown>> {
  if (!isMap(document.contents)) {
    report([], "a rule is a map of fields such as title, logsource and detection");
    return {};
  }
  try {
    const body = document.toJS() as Record<string, unknown>;
    if (!containsItself(body)) return body;
    report([], "a part of this contains itself through an alias; write it out");
    return {};
  } catch (error) {
    // Aliases that would unfold without end, or to nothing.
    report([], `this can not be read: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

/** Parts that are used twice are no circle; each is looked at once. */
function containsItself(part: unknown, above = new Set<unknown>(), seen = new Set<unknown>()): boolean {
  if (typeof part !== "object" || part === null) return false;
  if (above.has(part)) return true;
  if (seen.has(part)) return false;
  seen.add(part);
  above.add(part);
  const found = Object.values(part).some((inner) => containsItself(inner, above, seen));
  above.delete(part);
  return found;
}

/** Where a field stands in the text: its key, or the closest place above it that is there. */
function offsetOf(root: unknown, path: Path): number {
  let node = root;
  let offset = startOf(root) ?? 0;
  for (const step of path) {
    if (!isCollection(node)) return offset;
    const child = childOf(node, step);
    if (child === undefined) return offset;
    offset = child.offset ?? offset;
    node = child.value;
  }
  return offset;
}

function childOf(
  node: Node,
  step: string | number,
): { offset: number | undefined; value: unknown } | undefined {
  if (!isCollection(node)) return undefined;
  if (!isMap(node)) {
    const value = node.items[Number(step)];
    return value === undefined ? undefined : { offset: startOf(value), value };
  }
  const pair = node.items.find((item) => isPair(item) && String(item.key) === String(step));
  return pair === undefined ? undefined : { offset: startOf(pair.key), value: pair.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
