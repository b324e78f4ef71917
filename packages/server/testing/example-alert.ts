import type { Alert } from "@auditflow/contracts";

/** A valid alert; the nth has the nth id and time (n below 60). */
export function exampleAlert(n: number, changes: Partial<Alert> = {}): Alert {
  const two = String(n).padStart(2, "0");
  const at = `2026-03-01T12:00:${two}.000Z`;
  return {
    alert_id: `0190a000-0000-5000-8000-0000000000${two}`,
    correlation_id: "0190a000-0000-5000-8000-000000000000",
    timestamp: at,
    alert_name: "Brute force",
    alert_type: "ssh_brute_force",
    severity: "HIGH",
    description: "Many failed logins",
    source_service_name: "audit-log-analysis",
    analysis_rule: {
      rule_id: "r-1",
      rule_name: "SSH brute force",
      version: "01234567",
      tags: [],
      references: [],
    },
    triggered_by: { actor_type: "user", actor_id: "root", client_ip: "10.0.0.1" },
    impacted_resource: { resource_type: "host", resource_id: "web-1", server_hostname: "web-1" },
    action_observed: "login",
    evidence: ["0190a000-0000-7000-8000-000000000001"],
    count: 5,
    first_event_at: at,
    last_event_at: at,
    revision: 1,
    matched: [{ selection: "selection", field: "event_type", value: "login" }],
    raw_event_data: null,
    metadata: {},
    ...changes,
  };
}
