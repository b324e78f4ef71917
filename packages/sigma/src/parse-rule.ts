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
  /** All faults so far, in the order reported; a document with any does not become a rule. */
  readonly problems: readonly RuleProblem[];
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
    return [{ file, line: 1, body: {}, report: () => undefined, problems }];
  }
}

function isWritten(document: Document.Parsed): boolean {
  const { contents, errors } = document;
  return errors.length > 0 || !(contents === null || (isScalar(contents) && contents.value === null));
}

function readDocument(
  document: Document.Parsed,
  { file, lines }: { file: string; lines: LineCounter },
): RuleDocument {
  const problems: RuleProblem[] = [];
  const add = (offset: number, path: Path, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      field: path.join("."),
      message,
    });
  };
  const report: Report = (path, message) => add(offsetOf(document.contents, path), path, message);
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    add(pos[0], [], `this is not YAML as rules use it: ${message}`);
  }
  const body = problems.length === 0 ? bodyOf(document, report) : {};
  const line = Math.max(lines.linePos(document.contents?.range[0] ?? document.range[0]).line, 1);
  return { file, line, body, report, problems };
}

function bodyOf(document: Document.Parsed, report: Report): Readonly<Record<string, unknown>> {
  if (!isMap(document.contents)) {
    report([], "a rule is a map of fields such as title, logsource and detection");
    return {};
  }
  try {
    return document.toJS() as Record<string, unknown>;
  } catch (error) {
    // Aliases that would unfold without end, or to nothing.
    report([], `this can not be read: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
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
