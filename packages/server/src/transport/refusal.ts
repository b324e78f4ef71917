import { isUtf8 } from "node:buffer";
import { AuditFlowError, type ErrorCode, type QuarantinedRecord } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { stackOf } from "./hand-over.ts";

/** Where a refused record came from, and who refused it. */
export interface Origin {
  readonly topic: string;
  readonly group: string;
}

/** Why a record is refused. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly reason: string;
}

// A quarantined record has to fit a message itself, also as base64.
const maxKeptBytes = 4 * 1024 * 1024;

/** The record that goes to quarantine for `bytes` refused; text when they are UTF-8 and `isText`, base64 else. */
export function quarantined(
  clock: Clock,
  origin: Origin,
  refused: Refusal & { readonly bytes: Uint8Array; readonly isJson: boolean },
): QuarantinedRecord {
  const whole = Buffer.from(refused.bytes.buffer, refused.bytes.byteOffset, refused.bytes.byteLength);
  const kept = whole.subarray(0, maxKeptBytes);
  const cut =
    kept.length < whole.length ? ` (the first ${kept.length} of ${whole.length} bytes are kept)` : "";
  const isText = refused.isJson && cut === "" && isUtf8(kept);
  return {
    quarantine_id: uuidv7(),
    quarantined_at: formatTimestamp(clock.now()),
    topic: origin.topic,
    group: origin.group,
    code: refused.code,
    reason: refused.reason + cut,
    encoding: isText ? "json" : "base64",
    body: kept.toString(isText ? "utf8" : "base64"),
    size_bytes: whole.length,
  };
}

/** The JSON text of a decoded record; undefined for what has none. */
export function jsonOf(record: unknown): string | undefined {
  try {
    return JSON.stringify(record);
  } catch {
    return undefined;
  }
}

/** Why a message could not be decoded: the decoder's own words, or its stack when it failed. */
export function decodeRefusal(error: unknown): Refusal {
  if (error instanceof AuditFlowError) return { code: error.code, reason: error.message };
  return { code: "handler_failed", reason: stackOf(error) };
}
