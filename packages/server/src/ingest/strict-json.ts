import { isUtf8 } from "node:buffer";
import { AuditFlowError, limits } from "@auditflow/contracts";
import {
  differsInSpaceOnly,
  explainSyntax,
  inspectJson,
  isDeeperThan,
  isSpace,
  isSuspicious,
  skipSpace,
  tooDeep,
} from "./json-guard.ts";
import { JsonItems } from "./json-items.ts";
import type { RecordFault } from "./record-fault.ts";

/** A JSON value that reading did not change. */
export interface StrictItem {
  readonly value: unknown;
  /** Its exact source text. */
  readonly text: string;
  /** Whether JSON.stringify gives the very text again; if not, the text is worth keeping. */
  readonly canonical: boolean;
  /** Physical line from 1, where one line holds one value. */
  readonly line?: number;
}

/** A value that was refused, with its source text as far as it is kept. */
export interface RefusedItem {
  readonly fault: RecordFault;
  readonly text: string;
  readonly line?: number;
}

/** One item of a body: its value, or why it was refused. */
export type DecodedItem = StrictItem | RefusedItem;

/** How the values stood in the body. */
export type BodyShape = "object" | "array" | "lines" | "sequence";

/** The values of a body, in its order. */
export interface DecodedBody {
  readonly shape: BodyShape;
  readonly items: readonly DecodedItem[];
}

/**
 * Reads a body of one JSON value, an array, one value a line, or values one after another. A value that cannot be
 * kept as it is becomes a refused item and harms no neighbour; so does a line that is not JSON.
 * @throws AuditFlowError invalid_utf8; malformed_json with line and column when the body as a whole is not JSON;
 * too_large when it has more than `maxItems` values.
 */
export function decodeStrict(body: Uint8Array | string, maxItems = Number.POSITIVE_INFINITY): DecodedBody {
  const text = typeof body === "string" ? body : decodeUtf8(body);
  if (text.charCodeAt(0) === 0xfeff) {
    throw new AuditFlowError(byteOrderMark.code, byteOrderMark.detail);
  }
  const whole = parse(text);
  if (whole === undefined) return severalValues(text, maxItems);
  if (Array.isArray(whole.value)) {
    checkCount(whole.value.length, maxItems);
    return { shape: "array", items: elements(whole.value, text) };
  }
  return { shape: "object", items: [checkItem(whole.value, text.trim())] };
}

function checkCount(count: number, most: number): void {
  if (count > most)
    throw new AuditFlowError("too_large", `The body has ${count} events or more; at most ${most} are taken`);
}

/** Strict UTF-8: bytes are never replaced. @throws AuditFlowError invalid_utf8 with the offset of the first bad byte. */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  const isUtf16 = buffer.length >= 2 && ["fffe", "feff"].includes(buffer.toString("hex", 0, 2));
  if (isUtf16) throw new AuditFlowError("invalid_utf8", "The text is UTF-16: send UTF-8");
  throw new AuditFlowError("invalid_utf8", `Byte ${firstBadByte(buffer)} (from 0) is not valid UTF-8`);
}

/** Where the first sequence that is not UTF-8 begins: the longest prefix that is. */
function firstBadByte(buffer: Buffer): number {
  let good = 0;
  let bad = buffer.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (longestCut(buffer, middle) !== undefined) good = middle;
    else bad = middle;
  }
  return longestCut(buffer, bad) ?? longestCut(buffer, good)!;
}

/** A prefix may end within a character: it is valid up to three bytes before. */
function longestCut(buffer: Buffer, end: number): number | undefined {
  return [end, end - 1, end - 2, end - 3].find((cut) => cut >= 0 && isUtf8(buffer.subarray(0, cut)));
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Reads one value; a text that is not JSON is refused. Never throws. */
export function decodeItem(text: string): DecodedItem {
  const parsed = parse(text);
  if (parsed !== undefined) return checkItem(parsed.value, text);
  if (text.charCodeAt(0) === 0xfeff) return refuse(text, byteOrderMark);
  return refuse(text, { code: "malformed_json", detail: explainSyntax(text) });
}

/** Checks a value that was read from exactly this text. */
function checkItem(value: unknown, text: string): DecodedItem {
  if (isTooLarge(text)) return refuse(text.slice(0, 1024), tooLarge);
  if (isDeeperThan(value, limits.jsonDepth)) return refuse(text, tooDeep);
  const written = JSON.stringify(value);
  const canonical = written === text;
  const isSame = canonical || differsInSpaceOnly(text, written);
  const fault = isSame && !isSuspicious(written) ? undefined : inspectJson(text);
  return fault === undefined ? { value, text, canonical } : refuse(text, fault);
}

/** The refusal of an event that is over the limit. */
export const tooLarge: RecordFault = {
  code: "too_large",
  detail: `The event has more than ${limits.eventBytes} bytes: shorten it or split it`,
};

/** The refusal of a text with an invisible first character that editors add. */
export const byteOrderMark: RecordFault = {
  code: "malformed_json",
  detail: "The text begins with a byte order mark (U+FEFF): save it as UTF-8 without one",
};

/** Whether an event is over the limit. A UTF-16 unit takes at most three bytes, so that most texts need no count. */
export function isTooLarge(text: string): boolean {
  return text.length * 3 > limits.eventBytes && Buffer.byteLength(text) > limits.eventBytes;
}

function refuse(text: string, fault: RecordFault): RefusedItem {
  return { text, fault };
}

/** Walks along the text while every element stands there as JSON.stringify writes it, which needs no scanner. */
function elements(values: readonly unknown[], text: string): DecodedItem[] {
  const items: DecodedItem[] = [];
  let at = skipSpace(text, 0) + 1;
  for (const value of values) {
    at = skipSpace(text, at);
    const written = isDeeperThan(value, limits.jsonDepth) ? undefined : JSON.stringify(value);
    const isContainer = typeof value === "object" && value !== null;
    if (written === undefined || !isContainer) return scanned(values, text);
    // Cutting and comparing is done at memory speed, which startsWith is not.
    if (text.slice(at, at + written.length) !== written) return scanned(values, text);
    items.push(canonicalItem(value, written));
    at = skipSpace(text, at + written.length) + 1;
  }
  return items;
}

function canonicalItem(value: unknown, text: string): DecodedItem {
  if (isTooLarge(text)) return refuse(text.slice(0, 1024), tooLarge);
  const fault = isSuspicious(text) ? inspectJson(text) : undefined;
  return fault === undefined ? { value, text, canonical: true } : refuse(text, fault);
}

function scanned(values: readonly unknown[], text: string): DecodedItem[] {
  return jsonItems("array", text).map(({ bytes }, index) =>
    bytes === undefined ? refuse("", tooLarge) : checkItem(values[index], bytes.toString("utf8")),
  );
}

function jsonItems(layout: "array" | "sequence", text: string): ReturnType<JsonItems["push"]> {
  const scanner = new JsonItems(layout, limits.eventBytes);
  const items = scanner.push(Buffer.from(text, "utf8"));
  return [...items, ...scanner.end()];
}

/** Without the white space that JSON knows; any other is a fault and has to stay. */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(skipSpace(text, 0), end);
}

function severalValues(text: string, maxItems: number): DecodedBody {
  const start = text[skipSpace(text, 0)];
  if (start === undefined)
    throw new AuditFlowError("malformed_json", "The body is empty: send at least one event");
  if (start !== "[" && looksLikeLines(text)) {
    return { shape: "lines", items: linesOf(text, maxItems) };
  }
  if (start !== "{") throw new AuditFlowError("malformed_json", explainSyntax(text));
  const found = jsonItems("sequence", text);
  checkCount(found.length, maxItems);
  const values = found.map(sequenceItem);
  if (values.length < 2 || values.includes(undefined)) {
    throw new AuditFlowError("malformed_json", explainSyntax(text));
  }
  return { shape: "sequence", items: values as DecodedItem[] };
}

/** undefined: it is not JSON, and then where the others begin is not to be trusted either. */
function sequenceItem({ bytes, fault }: ReturnType<JsonItems["push"]>[number]): DecodedItem | undefined {
  if (bytes === undefined) return refuse("", tooLarge);
  const text = bytes.toString("utf8");
  const parsed = fault === undefined ? parse(text) : undefined;
  return parsed === undefined ? undefined : checkItem(parsed.value, text);
}

/**
 * Whether some line is an object by itself, which the lines of an indented object are not. So one line that is
 * broken, even the first, does not spoil the others.
 */
export function looksLikeLines(text: string): boolean {
  for (const [line] of text.matchAll(/^\{.*\}[ \t]*\r?$/gm)) if (parse(line) !== undefined) return true;
  return false;
}

function linesOf(text: string, maxItems: number): DecodedItem[] {
  const items: DecodedItem[] = [];
  for (const [index, whole] of text.split("\n").entries()) {
    const content = trimSpace(whole);
    if (content === "") continue;
    items.push({ ...decodeItem(content), line: index + 1 });
    checkCount(items.length, maxItems);
  }
  return items;
}
