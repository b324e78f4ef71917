import { hash } from "node:crypto";
import type { Alert, IncidentPart } from "@auditflow/contracts";

/** What makes two alerts of a rule one incident when the rule does not say. */
const defaultParts: readonly IncidentPart[] = ["actor", "resource"];

const parts: Readonly<Record<IncidentPart, (alert: Alert) => unknown>> = {
  actor: ({ triggered_by }) => [triggered_by.actor_type, triggered_by.actor_id],
  address: ({ triggered_by }) => triggered_by.client_ip ?? null,
  resource: ({ impacted_resource }) => [impacted_resource.resource_type, impacted_resource.resource_id],
  host: ({ impacted_resource }) => impacted_resource.server_hostname,
};

/**
 * What two alerts have in common that belong to one incident, as SHA-256 in hex: the rule, and the parts that the rule
 * names. A new version of a rule goes on with the incidents of the old one.
 */
export function fingerprintOf(alert: Alert): string {
  const { rule_id, incident_by = defaultParts } = alert.analysis_rule;
  const named = [...new Set(incident_by)].sort().map((part) => [part, parts[part](alert)]);
  return hash("sha256", JSON.stringify([rule_id, named]));
}
