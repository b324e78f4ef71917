import { AuditFlowError } from "@auditflow/contracts";
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
  const value = parse(Buffer.from(cursor, "base64url").toString("utf8"));
  if (Array.isArray(value) && value.length === 2) {
    const [at, id]: unknown[] = value;
    if (Number.isSafeInteger(at) && typeof id === "string" && storable(id) && idShape.test(id)) {
      return { at: at as number, id };
    }
  }
  throw new AuditFlowError("invalid_request", "The cursor is not one that this list gave out", {
    faults: [{ pointer: "/cursor", detail: "take it from `next` of the page before, or leave it out" }],
  });
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
