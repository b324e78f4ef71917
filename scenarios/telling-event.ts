import { randomUUID } from "node:crypto";
import type { AuditEvent } from "@auditflow/contracts";

/** An event that is an alert by itself, on a host of its own unless one is named. */
export function tellingEvent(host = `host-${randomUUID()}`): AuditEvent {
  return {
    event_id: randomUUID(),
    timestamp: new Date().toISOString(),
    source_service: "scenario",
    server_hostname: host,
    event_type: "file_modified",
    severity: "CRITICAL",
    user_id: "mallory",
    action_result: "MODIFIED",
    resource: "/etc/shadow",
    logsource: { category: "file_event" },
  };
}

/** Sends events to a server, with further headers if given; rejects when it does not answer within 15 s. */
export async function postEvents(
  url: string,
  events: readonly AuditEvent[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(`${url}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(15_000),
  });
}
