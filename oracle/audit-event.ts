import type { AuditEvent } from "@auditflow/contracts";
import { formatTimestamp } from "../packages/server/src/telemetry/clock.ts";
import type { StreamEvent } from "./timeline.ts";

/** The event as intake passes it on. */
export function auditEvent({ id, at, receivedAt, kinds, fields }: StreamEvent): AuditEvent {
  const { user_id = "", client_ip, server_hostname = "", ...details } = fields;
  return {
    event_id: id,
    timestamp: formatTimestamp(at),
    source_service: "oracle",
    server_hostname: String(server_hostname),
    event_type: "test",
    severity: "INFO",
    user_id: String(user_id),
    action_result: "",
    ...(client_ip === undefined ? {} : { client_ip: String(client_ip) }),
    ...(receivedAt === undefined ? {} : { received_at: formatTimestamp(receivedAt) }),
    logsource: { category: "oracle" },
    details: { ...details, kinds: [...kinds] },
  };
}
