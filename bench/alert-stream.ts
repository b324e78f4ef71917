import type { Alert } from "@auditflow/contracts";
import { v5 } from "uuid";

const severities = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
const namespace = "7d0e6b5c-59a1-4f5e-9f0c-2f7f2f8d9a11";

/** Who does what where: so many incidents are open at once while a stream of alerts comes in. */
const openIncidents = 2000;

/** The nth alert of a stream as detection publishes it: 40 rules, 500 users, 200 hosts of a site, 2,000 incidents. */
export function streamAlert(n: number, start: number, site = "web"): Alert {
  const who = n % openIncidents;
  const rule = who % 40;
  const host = `${site}-${who % 200}.example.com`;
  const user = `user${who % 500}`;
  const timestamp = new Date(start + n).toISOString();
  const event_id = v5(`event ${start} ${n}`, namespace);
  const client_ip = `203.0.113.${who % 250}`;
  return {
    alert_id: v5(`alert ${site} ${start} ${n}`, namespace),
    correlation_id: v5(`correlation ${start} ${n}`, namespace),
    timestamp,
    alert_name: `Suspicious use of privileges ${rule}`,
    alert_type: `suspicious_privilege_${rule}`,
    severity: severities[rule % severities.length] ?? "HIGH",
    description: "A user did what only administrators do, on a host where that is not usual",
    source_service_name: "audit-log-analysis",
    analysis_rule: {
      rule_id: v5(`rule ${rule}`, namespace),
      rule_name: `Suspicious use of privileges ${rule}`,
      rule_description:
        "Finds commands that change who may do what, on hosts that are not administered by hand",
      version: "0a1b2c3d",
      author: "AuditFlow",
      tags: ["attack.privilege_escalation", "attack.t1078"],
      references: ["https://attack.mitre.org/techniques/T1078/"],
    },
    triggered_by: { actor_type: "user", actor_id: user, client_ip },
    impacted_resource: { resource_type: "host", resource_id: host, server_hostname: host },
    action_observed: "sudo_command",
    evidence: [event_id],
    count: 1,
    first_event_at: timestamp,
    last_event_at: timestamp,
    revision: 1,
    matched: [{ selection: "selection", field: "event_type", value: "sudo_command" }],
    raw_event_data: {
      event_id,
      timestamp,
      source_service: "sudo",
      server_hostname: host,
      event_type: "sudo_command",
      severity: "WARNING",
      user_id: user,
      action_result: "SUCCESS",
      client_ip,
      details: { command: "/usr/sbin/usermod -aG sudo guest", tty: "pts/0", pwd: "/root" },
    },
    metadata: {},
  };
}
