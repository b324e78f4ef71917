import type { AuditEvent } from "@auditflow/contracts";
import type { SyslogLine } from "./syslog-line.ts";

/** What a parser reads from the message of a line; the envelope is added to it. */
export interface ParsedMessage {
  readonly eventType: string;
  /** SUCCESS or FAILURE where the line is the outcome of an attempt, else empty: so that no attempt counts twice. */
  readonly result: "SUCCESS" | "FAILURE" | "";
  readonly severity: AuditEvent["severity"];
  readonly user?: string | undefined;
  readonly clientIp?: string | undefined;
}

/** The fields of a line as rules name them; it begins with the line's own parts. */
export type Details = Record<string, unknown>;

/**
 * Reads the message of a line of one program and adds what it finds to the details. Never throws: what it does not
 * know is an event as well.
 */
export type MessageParser = (message: string, line: SyslogLine, details: Details) => ParsedMessage;
