import { AuditFlowError } from "@auditflow/contracts";
import type { StreamPlace } from "../alerts/changes.ts";
import type { Position } from "../alerts/queries.ts";

/** Writes a place in a list as a text that callers hand back unread, safe in a URL. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(JSON.stringify([at, id])).toString("base64url");
}

/**
 * Reads what `encodeCursor` wrote; `idShape` is the form of this list's ids.
 * @throws AuditFlowError invalid_request, pointing at /cursor.
 */
export function decodeCursor(cursor: string, idShape: RegExp): Position {
  const [at, id, ...rest] = parts(cursor);
  if (rest.length === 0 && isWhole(at) && isId(id, idShape)) return { at, id };
  throw new AuditFlowError("invalid_request", "The cursor is not one that this list gave out", {
    faults: [{ pointer: "/cursor", detail: "take it from `next` of the page before, or leave it out" }],
  });
}

/** Writes a place in the stream of alerts as a text that callers hand back unread; no cursor of a list looks like it. */
export function encodeStreamPlace({ position, id }: StreamPlace): string {
  return Buffer.from(JSON.stringify(["stream", position, id])).toString("base64url");
}

/**
 * Reads what `encodeStreamPlace` wrote.
 * @throws AuditFlowError invalid_request, pointing at /after.
 */
export function decodeStreamPlace(text: string): StreamPlace {
  const [kind, position, id, ...rest] = parts(text);
  if (kind === "stream" && rest.length === 0 && isWhole(position) && isId(id, lowerCaseUuid)) {
    return { position, id };
  }
  throw new AuditFlowError("invalid_request", "The position is not one that the API gave out", {
    faults: [{ pointer: "/after", detail: "take it from `position` or from the `id` of a stream's event" }],
  });
}

/** The form of an alert's id in a cursor. */
export const lowerCaseUuid: RegExp = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function parts(cursor: string): unknown[] {
  const value = parse(Buffer.from(cursor, "base64url").toString("utf8"));
  return Array.isArray(value) ? value : [];
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isId(value: unknown, shape: RegExp): value is string {
  return typeof value === "string" && storable(value) && shape.test(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// A database would refuse such a text as a parameter, and that would look like an outage.
function storable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The Link header (RFC 8288) to the next page: the address of this one with another cursor. */
export function linkNext(url: string, cursor: string): string {
  const next = new URL(url, "http://localhost");
  next.searchParams.set("cursor", cursor);
  return `<${next.pathname}${next.search}>; rel="next"`;
}
