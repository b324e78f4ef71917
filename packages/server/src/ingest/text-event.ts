import { type AuditEvent, limits } from "@auditflow/contracts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { clip } from "./clip.ts";
import { eventIdOf } from "./event-id.ts";
import { inspectText } from "./json-guard.ts";
import type { ParsedMessage } from "./parsed-message.ts";
import { textSourceOf } from "./parsers.ts";
import type { RecordFault } from "./record-fault.ts";
import { byteOrderMark, tooLarge } from "./strict-json.ts";
import { parseSyslogLine, type StampOptions, type SyslogLine } from "./syslog-line.ts";

/** What is known of a line besides its text. */
export interface TextContext extends StampOptions {
  readonly source: string;
  /** Byte at which the line starts in its source. */
  readonly offset: number;
  /** RFC 3339, milliseconds, Z. */
  readonly receivedAt: string;
}

/** Makes one audit event of one line of a log, without its line end; a line that has no time is refused. */
export function textEvent(
  text: string,
  context: TextContext,
): { event: AuditEvent } | { fault: RecordFault } {
  if (Buffer.byteLength(text) > limits.eventBytes) return { fault: tooLarge };
  if (text.startsWith("\ufeff")) return { fault: byteOrderMark };
  const unsafe = inspectText(text);
  if (unsafe !== undefined) return { fault: unsafe };
  const line = parseSyslogLine(text, context);
  if ("fault" in line) return { fault: { code: "invalid_event", detail: line.fault } };
  const { logsource, parse } = textSourceOf(line.program);
  const parsed = parse(line.message, line);
  return { event: { ...envelope(line, parsed), logsource, ...origin(text, context) } };
}

function envelope(line: SyslogLine, parsed: ParsedMessage) {
  return {
    timestamp: formatTimestamp(line.at),
    source_service: line.program === "" ? "syslog" : line.program,
    server_hostname: line.host,
    event_type: parsed.eventType,
    severity: parsed.severity,
    // The user is what the client sent; details keep it whole.
    user_id: clip(parsed.user ?? "", 1024),
    action_result: parsed.result,
    ...(parsed.clientIp === undefined ? {} : { client_ip: clip(parsed.clientIp, 256) }),
    details: { ...lineDetails(line), ...parsed.details },
  };
}

function lineDetails({ program, variant, pid, message }: SyslogLine): Record<string, unknown> {
  return {
    program,
    ...(variant === undefined ? {} : { variant }),
    ...(pid === undefined ? {} : { pid }),
    message,
  };
}

function origin(text: string, { source, offset, receivedAt }: TextContext) {
  return {
    event_id: eventIdOf({ source, position: offset, text }),
    raw: text,
    received_at: receivedAt,
    source: clip(source, 4096),
  };
}
