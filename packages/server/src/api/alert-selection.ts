import { type AlertSelectionQuery, AuditFlowError, type FilterTerm } from "@auditflow/contracts";
import type { FastifyRequest } from "fastify";
import { readFilter } from "../alerts/read-filter.ts";
import type { AlertSelection } from "../alerts/selection.ts";
import { timeOf } from "./time-range.ts";

/** A hook for `preValidation`: takes several severities in one parameter, separated by commas, for as many parameters. */
export async function splitSeverities(request: FastifyRequest): Promise<void> {
  const query = request.query as Record<string, unknown>;
  const given = [query["severity"]].flat().filter((value) => typeof value === "string");
  if (given.length > 0) query["severity"] = [...new Set(given.flatMap((value) => value.split(",")))];
}

/** A selection of alerts as a query names it. */
export interface SelectionQuery extends AlertSelectionQuery {
  readonly from?: string;
  readonly to?: string;
}

/**
 * Which alerts a query names: all of its parts hold together; `now` is epoch milliseconds.
 * @throws AuditFlowError invalid_filter, or invalid_request for times that the calendar has not or that are turned round.
 */
export function selectionOf(query: SelectionQuery, now: number): AlertSelection {
  const { filter = "", severity, rule_id } = query;
  const from = query.from === undefined ? undefined : timeOf(query.from, "from");
  const to = query.to === undefined ? undefined : timeOf(query.to, "to");
  if (from !== undefined && to !== undefined && to < from) {
    const detail = "must not be earlier than `from`";
    throw new AuditFlowError("invalid_request", `to: ${detail}`, { faults: [{ pointer: "/to", detail }] });
  }
  const { terms } = readFilter(filter, "/filter");
  const short: FilterTerm[] =
    severity === undefined ? [] : [{ field: "severity", not: false, operator: "=", values: severity }];
  return { filter: { terms: [...terms, ...short] }, from, to, ruleId: rule_id, now };
}
