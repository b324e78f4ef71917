import type { FieldFault } from "@auditflow/contracts";
import { limits } from "@auditflow/contracts";
import jsonc, { type JSONPath, type JSONVisitor } from "jsonc-parser";
import type { RecordFault } from "./record-fault.ts";

/** Whether values nest deeper than `depth`. Itself never goes deeper than that. */
export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) {
    for (const element of value) if (isDeeperThan(element, depth - 1)) return true;
    return false;
  }
  for (const key in value) if (isDeeperThan((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}

/**
 * Whether a text that JSON.stringify wrote needs `inspectJson`: it may hold a reserved key, NUL or a lone surrogate.
 * It cannot hold a duplicate key, nor a number that reading changed.
 */
export function isSuspicious(canonicalText: string): boolean {
  // Without the quote before it, which would make the search stop at every string.
  if (canonicalText.includes('__proto__"')) return true;
  if (!canonicalText.includes("\\u")) return false;
  return canonicalText.includes("\\u0000") || canonicalText.includes("\\ud");
}

/**
 * Whether a JSON text is the one that JSON.stringify wrote of its value, but for white space between the tokens: then
 * what is to be said of the one is to be said of the other.
 */
export function differsInSpaceOnly(text: string, canonicalText: string): boolean {
  let at = 0;
  let inString = false;
  for (let index = 0; index < canonicalText.length; index += 1, at += 1) {
    if (!inString) at = skipSpace(text, at);
    const code = canonicalText.charCodeAt(index);
    if (text.charCodeAt(at) !== code) return false;
    if (code === quote) inString = !inString;
    if (code !== backslash) continue;
    // What is escaped, which may be a quote.
    index += 1;
    at += 1;
    if (text.charCodeAt(at) !== canonicalText.charCodeAt(index)) return false;
  }
  return skipSpace(text, at) === text.length;
}

const quote = 0x22;
const backslash = 0x5c;

/** Where the white space that JSON knows ends. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Whether it is white space to JSON. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The refusal of a value that nests too deep. */
export const tooDeep: RecordFault = {
  code: "unsafe_json",
  detail: `The JSON nests deeper than ${limits.jsonDepth} levels: flatten it or send the inner part as text`,
};

/**
 * What in a JSON text would be lost or changed by reading it: duplicate keys, the key `__proto__`, NUL, lone
 * surrogates, numbers that JavaScript cannot hold. The text is valid and not too deep; undefined: nothing is.
 */
export function inspectJson(text: string): RecordFault | undefined {
  const faults: FieldFault[] = [];
  jsonc.visit(text, inspector(text, faults), { disallowComments: true });
  const [first, ...others] = faults;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return {
    code: "unsafe_json",
    detail: `${first.pointer || "The record"} ${first.detail}${more}`,
    errors: faults,
  };
}

// One is enough to refuse; the others save the sender some rounds.
const maxFaults = 20;

function inspector(text: string, faults: FieldFault[]): JSONVisitor {
  const keys: Set<string>[] = [];
  const report = (path: JSONPath, detail: string | undefined): void => {
    if (detail !== undefined && faults.length < maxFaults) faults.push({ pointer: pointerOf(path), detail });
  };
  return {
    onObjectBegin: () => {
      keys.push(new Set());
    },
    onObjectEnd: () => {
      keys.pop();
    },
    onObjectProperty: (key, ...[, , , , path]) => {
      const known = keys.at(-1)!;
      report([...path(), key], known.has(key) ? "is there twice: keep one of the two" : keyFault(key));
      known.add(key);
    },
    onLiteralValue: (value: unknown, offset, ...[length, , , path]) => {
      if (typeof value === "string") report(path(), stringFault(value));
      if (typeof value === "number") report(path(), numberFault(text.slice(offset, offset + length)));
    },
  };
}

function keyFault(key: string): string | undefined {
  return key === "__proto__" ? "is a reserved key: rename it" : stringFault(key);
}

function stringFault(text: string): string | undefined {
  if (text.includes("\0")) return "holds NUL (\\u0000): remove it";
  return text.isWellFormed() ? undefined : "holds half of a surrogate pair: encode the character whole";
}

/** What makes a text unsafe to keep, for a line that is not JSON; undefined: nothing. */
export function inspectText(text: string): RecordFault | undefined {
  const fault = stringFault(text);
  return fault === undefined ? undefined : { code: "unsafe_json", detail: `The line ${fault}` };
}

/** Digits behind the point may exceed what a double holds: the record keeps its text. Whole numbers are ids. */
function numberFault(lexeme: string): string | undefined {
  const number = Number(lexeme);
  if (!Number.isFinite(number)) return `is ${shown(lexeme)}, too large for a number: send it as a string`;
  if (number === 0 && /^[^eE]*[1-9]/.test(lexeme)) return `is ${shown(lexeme)}, too small for a number`;
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(lexeme)) return undefined;
  if (BigInt(lexeme) === BigInt(number)) return undefined;
  return `is ${shown(lexeme)}, beyond 2^53: send it as a string, reading it would change it`;
}

function shown(lexeme: string): string {
  return lexeme.length <= 40 ? lexeme : `${lexeme.slice(0, 40)}…`;
}

/** RFC 6901. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Where and why a text is not JSON, in words, from its first fault. Lines and columns count from 1. */
export function explainSyntax(text: string): string {
  try {
    jsonc.visit(text, { onError: stopAtFirst }, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (error instanceof FirstFault) return error.message;
    // The visitor recurses, the text may nest without end.
    if (error instanceof RangeError) return tooDeep.detail;
    throw error;
  }
  return "The text is not JSON";
}

class FirstFault extends Error {}

const stopAtFirst: NonNullable<JSONVisitor["onError"]> = (code, ...[, , line, column]) => {
  throw new FirstFault(`Line ${line + 1}, column ${column + 1}: ${syntaxWords[code] ?? "this is not JSON"}`);
};

/** By the parser's error code. */
const syntaxWords: Readonly<Record<number, string>> = {
  1: "this is not JSON",
  2: "this is not a number that JSON knows",
  3: "a property name in double quotes is expected",
  4: "a value is expected",
  5: "a colon is expected",
  6: "a comma is expected",
  7: "the closing brace is missing",
  8: "the closing bracket is missing",
  9: "the text should end here",
  10: "JSON has no comments",
  11: "JSON has no comments",
  12: "the string does not end",
  13: "the number does not end",
  14: "the \\u escape is not four hexadecimal digits",
  15: "there is no such escape",
  16: "a control character must be escaped",
};
