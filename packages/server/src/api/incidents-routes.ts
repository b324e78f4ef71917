import {
  ActionHeaders,
  ActionRequest,
  AuditFlowError,
  type Filter,
  type FilterFieldName,
  History,
  Incident,
  IncidentList,
  IncidentListQuery,
  IncidentParams,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { actOnIncident } from "../alerts/act.ts";
import { filterCondition } from "../alerts/filter-sql.ts";
import { historyOf } from "../alerts/history.ts";
import {
  type AlertCondition,
  getIncident,
  listIncidents,
  type TaggedIncident,
} from "../alerts/incident-queries.ts";
import { checkUnchanged } from "../alerts/precondition.ts";
import { readFilter } from "../alerts/read-filter.ts";
import type { Schema } from "../database/schema.ts";
import { decodeCursor, encodeCursor, linkNext, lowerCaseUuid } from "./cursor.ts";
import { answerWrite, type DecisionOptions, decisionOf } from "./decisions.ts";

const reads = { access: "viewer" } as const;
const writes = { access: "operator" } as const;

/** Incidents: the list, one, its history, and actions on all of its alerts at once. */
export function incidentsRoutes(http: FastifyInstance, options: DecisionOptions): void {
  listRoute(http, options);
  actionRoute(http, options);
  const { reader } = options.database;
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const one = { params: IncidentParams, response: { 200: Incident } };
  typed.get("/api/v1/incidents/:incident_id", { config: reads, schema: one }, async (request, reply) => {
    const { incident, tag } = await mustGet(reader, request.params.incident_id);
    reply.header("etag", tag);
    return incident;
  });
  const past = { params: IncidentParams, response: { 200: History } };
  typed.get("/api/v1/incidents/:incident_id/history", { config: reads, schema: past }, async ({ params }) => {
    const { incident } = await mustGet(reader, params.incident_id);
    return { history: await historyOf(reader, incident.incident_id) };
  });
}

async function mustGet(reader: Kysely<Schema>, incidentId: string): Promise<TaggedIncident> {
  const found = await getIncident(reader, incidentId.toLowerCase());
  if (found !== undefined) return found;
  throw new AuditFlowError("not_found", `There is no incident ${incidentId}`);
}

/** Several statuses in one parameter, separated by commas. */
async function splitStatuses(request: FastifyRequest): Promise<void> {
  const query = request.query as Record<string, unknown>;
  const given = [query["status"]].flat().filter((value) => typeof value === "string");
  if (given.length > 0) query["status"] = [...new Set(given.flatMap((value) => value.split(",")))];
}

/** Fields whose values have an index of their own. */
const narrowFields: readonly FilterFieldName[] = ["rule", "user", "host", "incident", "id"];

function conditionOf(filter: Filter, now: number): AlertCondition | undefined {
  if (filter.terms.length === 0) return undefined;
  const isNarrow = filter.terms.some(({ field, not }) => !not && narrowFields.includes(field));
  return { where: filterCondition(filter, now), isNarrow };
}

function listRoute(http: FastifyInstance, { database, clock }: DecisionOptions): void {
  const schema = { querystring: IncidentListQuery, response: { 200: IncidentList } };
  const options = { config: reads, schema, preValidation: splitStatuses };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/incidents", options, async ({ query, url }, reply) => {
      const { limit = 50, cursor, status, filter } = query;
      const read = filter === undefined ? undefined : readFilter(filter, "/filter");
      const { incidents, next } = await listIncidents(database.reader, {
        limit,
        after: cursor === undefined ? undefined : decodeCursor(cursor, lowerCaseUuid),
        statuses: status,
        withAlert: read && conditionOf(read, clock.now()),
      });
      const nextCursor = next === undefined ? null : encodeCursor(next);
      if (nextCursor !== null) reply.header("link", linkNext(url, nextCursor));
      return { incidents, next: nextCursor };
    });
}

function actionRoute(http: FastifyInstance, options: DecisionOptions): void {
  const schema = {
    params: IncidentParams,
    headers: ActionHeaders,
    body: ActionRequest,
    response: { 200: Incident },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/incidents/:incident_id/actions", { config: writes, schema }, async (request, reply) => {
      const decision = decisionOf(request.body);
      const { incident_id } = request.params;
      return (await answerWrite({ request, reply }, options, async (transaction, deed) => {
        const before = await mustGet(transaction.db, incident_id);
        checkUnchanged(request.headers["if-match"], before.tag);
        const meant = { incidentId: before.incident.incident_id, status: before.incident.status };
        const { operation_id } = await actOnIncident(transaction, meant, { deed, decision });
        const { incident, tag } = await mustGet(transaction.db, incident_id);
        return { headers: { etag: tag, "operation-id": operation_id }, body: incident };
      })) as Incident;
    });
}
