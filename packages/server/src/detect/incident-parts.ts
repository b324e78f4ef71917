import { type IncidentPart, incidentParts } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";

/**
 * What makes alerts of a rule one incident, as its custom part says (`auditflow: { incident_by: [actor, host] }`); undefined
 * when it does not say, or, as a text, `field: what is wrong`. An empty list: all alerts of the rule are one incident.
 */
export function incidentPartsOf(
  rule: Pick<SigmaRule, "custom">,
): readonly IncidentPart[] | undefined | string {
  const custom = rule.custom["auditflow"];
  if (typeof custom !== "object" || custom === null || !("incident_by" in custom)) return undefined;
  const { incident_by: written } = custom;
  if (Array.isArray(written) && written.every(isPart)) return [...new Set(written)];
  return `auditflow.incident_by: must be a list of ${incidentParts.join(", ")}`;
}

function isPart(value: unknown): value is IncidentPart {
  return (incidentParts as readonly unknown[]).includes(value);
}
