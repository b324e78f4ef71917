import type { AlertSeverity } from "@auditflow/contracts";
import type { FastifyRequest } from "fastify";
import type { AlertSelection } from "../alerts/queries.ts";

/** A hook for `preValidation`: takes several severities in one parameter, separated by commas, for as many parameters. */
export async function splitSeverities(request: FastifyRequest): Promise<void> {
  const query = request.query as Record<string, unknown>;
  const given = [query["severity"]].flat().filter((value) => typeof value === "string");
  if (given.length > 0) query["severity"] = [...new Set(given.flatMap((value) => value.split(",")))];
}

/** Which alerts a query names. */
export function selectionOf(query: {
  readonly severity?: AlertSeverity[];
  readonly rule_id?: string;
}): AlertSelection {
  return { severities: query.severity, ruleId: query.rule_id };
}
