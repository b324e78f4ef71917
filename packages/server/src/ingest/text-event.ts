import type { AuditEvent } from "@auditflow/contracts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { clip } from "./clip.ts";
import { inspectText } from "./json-guard.ts";
import type { Details } from "./parsed-message.ts";
import { textSourceOf } from "./parsers.ts";
import type { RecordFault } from "./record-fault.ts";
import { byteOrderMark, isTooLarge, tooLarge } from "./strict-json.ts";
import { parseSyslogLine, type StampOptions, type SyslogLine } from "./syslog-line.ts";
import { UnnamedEvent } from "./unnamed-event.ts";

/** What is known of a line besides its text and its place. */
export interface TextContext extends StampOptions {
  readonly source: string;
  /** RFC 3339, milliseconds, Z. */
  readonly receivedAt: string;
}

/**
 * Makes one audit event of one line of a log, without its line end, that starts at this byte of its source; a line that
 * has no time is refused.
 */
export function textEvent(
  text: string,
  offset: number,
  context: TextContext,
): { event: AuditEvent } | { fault: RecordFault } {
  if (isTooLarge(text)) return { fault: tooLarge };
  if (text.startsWith("\ufeff")) return { fault: byteOrderMark };
  const unsafe = inspectText(text);
  if (unsafe !== undefined) return { fault: unsafe };
  const line = parseSyslogLine(text, context);
  if ("fault" in line) return { fault: { code: "invalid_event", detail: line.fault } };
  const { logsource, parse } = textSourceOf(line.program);
  const details = detailsOf(line);
  const parsed = parse(line.message, line, details);
  const { source, receivedAt } = context;
  const event = new UnnamedEvent(
    { source, position: offset, text },
    {
      timestamp: formatTimestamp(line.at),
      source_service: line.program === "" ? "syslog" : line.program,
      server_hostname: line.host,
      event_type: parsed.eventType,
      severity: parsed.severity,
      // The user is what the client sent; details keep it whole.
      user_id: clip(parsed.user ?? "", 1024),
      action_result: parsed.result,
      client_ip: parsed.clientIp === undefined ? undefined : clip(parsed.clientIp, 256),
      resource: undefined,
      logsource,
      details,
      raw: text,
      received_at: receivedAt,
      source: clip(source, 4096),
    },
  );
  return { event };
}

function detailsOf({ program, variant, pid, message }: SyslogLine): Details {
  if (variant === undefined) return pid === undefined ? { program, message } : { program, pid, message };
  return pid === undefined ? { program, variant, message } : { program, variant, pid, message };
}
