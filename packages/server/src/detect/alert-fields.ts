import type { Alert, AlertSeverity, AnalysisRule, AuditEvent } from "@auditflow/contracts";
import type { Level, RuleMetadata } from "@auditflow/sigma";
import { incidentPartsOf } from "./incident-parts.ts";

/** The part of an alert that follows from its rule and the event that fired it. */
export type AlertFields = Pick<
  Alert,
  | "alert_name"
  | "alert_type"
  | "severity"
  | "description"
  | "source_service_name"
  | "analysis_rule"
  | "triggered_by"
  | "impacted_resource"
  | "action_observed"
>;

const severities: Readonly<Record<Level, AlertSeverity>> = {
  informational: "INFO",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  critical: "CRITICAL",
};

/** Maps a rule and the event that fired it to the fields of an alert; pure, the same for every kind of rule. */
export function alertFields(rule: RuleMetadata, event: AuditEvent): AlertFields {
  return {
    alert_name: rule.title,
    alert_type: rule.name ?? rule.id,
    severity: severities[rule.level],
    description: rule.description ?? rule.title,
    source_service_name: "audit-log-analysis",
    analysis_rule: analysisRule(rule),
    triggered_by: triggeredBy(event),
    impacted_resource: impactedResource(event),
    action_observed: event.event_type,
  };
}

function analysisRule(rule: RuleMetadata): AnalysisRule {
  const incidentParts = incidentPartsOf(rule);
  return {
    rule_id: rule.id,
    rule_name: rule.title,
    ...(rule.description === undefined ? {} : { rule_description: rule.description }),
    version: rule.version,
    ...(rule.author === undefined ? {} : { author: rule.author }),
    tags: [...rule.tags],
    references: [...rule.references],
    ...(Array.isArray(incidentParts) ? { incident_by: incidentParts } : {}),
  };
}

function triggeredBy(event: AuditEvent): Alert["triggered_by"] {
  const address = event.client_ip ? { client_ip: event.client_ip } : {};
  if (event.user_id) return { actor_type: "user", actor_id: event.user_id, ...address };
  if (event.client_ip) return { actor_type: "address", actor_id: event.client_ip, ...address };
  return { actor_type: "host", actor_id: event.server_hostname };
}

/** A resource that starts like a path is a file; any other is named after the kind of event that touched it. */
function impactedResource(event: AuditEvent): Alert["impacted_resource"] {
  const resource = event.resource || textOf(event.details?.["resource"]);
  const server_hostname = event.server_hostname;
  if (!resource) return { resource_type: "host", resource_id: server_hostname, server_hostname };
  const resource_type = looksLikePath(resource) ? "file" : event.event_type;
  return { resource_type, resource_id: resource, server_hostname };
}

function looksLikePath(resource: string): boolean {
  return resource.startsWith("/") || /^[A-Za-z]:\\/.test(resource);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
