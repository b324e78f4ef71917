import { Alert, AlertList, AlertListQuery, AlertParams, AuditFlowError } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { getAlert, listAlerts } from "../alerts/queries.ts";
import type { Database } from "../database/database.ts";
import { decodeCursor, encodeCursor, linkNext } from "./cursor.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `GET /api/v1/alerts` and `GET /api/v1/alerts/:alert_id`. While the database is down they answer 503. */
export function alertsRoutes(http: FastifyInstance, { database }: { readonly database: Database }): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const config = { access: "viewer" } as const;

  const listSchema = { querystring: AlertListQuery, response: { 200: AlertList } };
  typed.get("/api/v1/alerts", { config, schema: listSchema }, async (request, reply) => {
    const { limit = 50, cursor, severity, merged = false } = request.query;
    const after = cursor === undefined ? undefined : decodeCursor(cursor, uuid);
    const { alerts, next } = await listAlerts(database.reader, { limit, after, severity, merged });
    const nextCursor = next === undefined ? null : encodeCursor(next);
    if (nextCursor !== null) reply.header("link", linkNext(request.url, nextCursor));
    return { alerts, next: nextCursor };
  });

  const oneSchema = { params: AlertParams, response: { 200: Alert } };
  typed.get("/api/v1/alerts/:alert_id", { config, schema: oneSchema }, async (request) => {
    const { alert_id } = request.params;
    const alert = await getAlert(database.reader, alert_id.toLowerCase());
    if (alert === undefined) throw new AuditFlowError("not_found", `There is no alert ${alert_id}`);
    return alert;
  });
}
