import {
  ActionHeaders,
  ActionRequest,
  AlertDetail,
  AlertParams,
  AuditFlowError,
  BulkActionRequest,
  type BulkSelection,
  History,
  Operation,
  OperationParams,
  WriteHeaders,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { type SqlBool, sql } from "kysely";
import { actOnMany, actOnOne, type Meant } from "../alerts/act.ts";
import { historyOf } from "../alerts/history.ts";
import { getOperation } from "../alerts/operation.ts";
import { readFilter } from "../alerts/read-filter.ts";
import { selectionCondition } from "../alerts/selection.ts";
import { undo } from "../alerts/undo.ts";
import type { Transaction } from "../database/database.ts";
import { answerWrite, checkMeant, type DecisionOptions, decisionOf } from "./decisions.ts";
import { timeOf } from "./time-range.ts";

const reads = { access: "viewer" } as const;
const writes = { access: "operator" } as const;

/**
 * What people decide about alerts: actions on one and on many, their history, operations and undo. Each write is one
 * transaction and may carry an Idempotency-Key. While the database is down they answer 503.
 */
export function triageRoutes(http: FastifyInstance, options: DecisionOptions): void {
  oneRoute(http, options);
  manyRoute(http, options);
  operationRoutes(http, options);
  const { reader } = options.database;
  const schema = { params: AlertParams, response: { 200: History } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts/:alert_id/history", { config: reads, schema }, async ({ params }) => {
      const alertId = params.alert_id.toLowerCase();
      const there = reader.selectFrom("alerts").select("alert_id").where("alert_id", "=", alertId);
      if ((await there.executeTakeFirst()) === undefined)
        throw new AuditFlowError("not_found", `There is no alert ${params.alert_id}`);
      return { history: await historyOf(reader, alertId) };
    });
}

function oneRoute(http: FastifyInstance, options: DecisionOptions): void {
  const schema = {
    params: AlertParams,
    headers: ActionHeaders,
    body: ActionRequest,
    response: { 200: AlertDetail },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/alerts/:alert_id/actions", { config: writes, schema }, async (request, reply) => {
      const decision = decisionOf(request.body);
      const meant = { alertId: request.params.alert_id.toLowerCase(), ifMatch: request.headers["if-match"] };
      return (await answerWrite({ request, reply }, options, async (transaction, deed) => {
        const { alert, tag, operation } = await actOnOne(transaction, meant, { deed, decision });
        return { headers: { etag: tag, "operation-id": operation.operation_id }, body: alert };
      })) as AlertDetail;
    });
}

function manyRoute(http: FastifyInstance, options: DecisionOptions): void {
  const schema = { headers: WriteHeaders, body: BulkActionRequest, response: { 200: Operation } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/alerts/actions", { config: writes, schema }, async (request, reply) => {
      checkMeant(request.body);
      const decision = decisionOf(request.body);
      const meant = meantBy(request.body);
      return (await answerWrite({ request, reply }, options, async (transaction, deed) => ({
        headers: {},
        body: await actOnMany(transaction, meant(transaction), { deed, decision }),
      }))) as Operation;
    });
}

/** Reads which alerts a request means, before any transaction, so that its faults cost none. */
function meantBy({ alert_ids = [], selection }: BulkActionRequest): (transaction: Transaction) => Meant {
  if (selection !== undefined) {
    const meant = { where: selected(selection), expected: selection.expected_count };
    return () => meant;
  }
  const ids = [...new Set(alert_ids.map((id) => id.toLowerCase()))].map((id) => ({ id }));
  return ({ given }) => ({
    where: sql<SqlBool>`alerts.alert_id in (select id from ${given({ id: "uuid" }, ids)})`,
    expected: undefined,
  });
}

function selected({ filter = "", from, to, as_of }: BulkSelection): Meant["where"] {
  const asOf = timeOf(as_of, "selection/as_of");
  const matching = selectionCondition({
    filter: readFilter(filter, "/selection/filter"),
    from: from === undefined ? undefined : timeOf(from, "selection/from"),
    to: to === undefined ? undefined : timeOf(to, "selection/to"),
    // As the list was read: `now-24h` counts from there too.
    now: asOf,
  });
  return sql<SqlBool>`(${matching} and alerts.stored_at <= ${asOf})`;
}

function operationRoutes(http: FastifyInstance, options: DecisionOptions): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const reading = { params: OperationParams, response: { 200: Operation } };
  typed.get(
    "/api/v1/operations/:operation_id",
    { config: reads, schema: reading },
    async ({ params: { operation_id } }) => {
      const operation = await getOperation(options.database.reader, operation_id.toLowerCase());
      if (operation === undefined)
        throw new AuditFlowError("not_found", `There is no operation ${operation_id}`);
      return operation;
    },
  );
  const undoing = { params: OperationParams, headers: WriteHeaders, response: { 200: Operation } };
  typed.post(
    "/api/v1/operations/:operation_id/undo",
    { config: writes, schema: undoing },
    async (request, reply) => {
      const operationId = request.params.operation_id.toLowerCase();
      return (await answerWrite({ request, reply }, options, async (transaction, by) => ({
        headers: {},
        body: await undo(transaction, operationId, by),
      }))) as Operation;
    },
  );
}
