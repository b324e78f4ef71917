import {
  type AlertSeverity,
  AuditFlowError,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  DeliveryListQuery,
  DeliveryParams,
  type DeliveryState,
  type Notice,
  type NoticeType,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { getDelivery, listDeliveries, type NamedDelivery, resendDelivery } from "../alerts/deliveries.ts";
import type { Database } from "../database/database.ts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { decodeCursor, encodeCursor, linkNext, lowerCaseUuid } from "./cursor.ts";

/** What the deliveries' routes are made with. */
export interface DeliveriesRoutesOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Called when a delivery became due. */
  readonly wake: () => void;
}

/** The outbox under `/api/v1/deliveries`: list (newest first), read with every try, and send again. */
export function deliveriesRoutes(http: FastifyInstance, options: DeliveriesRoutesOptions): void {
  listRoute(http, options);
  const { database } = options;
  const config = { access: "viewer" } as const;
  const schema = {
    ...{ summary: "One delivery with every try", params: DeliveryParams },
    response: { 200: DeliveryDetail },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/deliveries/:delivery_id", { config, schema }, async ({ params }) =>
      detailOf(database, params.delivery_id),
    );
  resendRoute(http, options);
}

function listRoute(http: FastifyInstance, { database }: DeliveriesRoutesOptions): void {
  const config = { access: "viewer" } as const;
  const schema = {
    ...{ summary: "What channels were and are to be told", querystring: DeliveryListQuery },
    response: { 200: DeliveryList },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/deliveries", { config, schema }, async ({ query, url }, reply) => {
      const { state, channel_id, incident_id, limit = 50, cursor } = query;
      const { deliveries, next } = await listDeliveries(database.reader, {
        ...{ state, limit, channelId: channel_id?.toLowerCase(), incidentId: incident_id?.toLowerCase() },
        after: cursor === undefined ? undefined : decodeCursor(cursor, lowerCaseUuid),
      });
      const nextCursor = next === undefined ? null : encodeCursor(next);
      if (nextCursor !== null) reply.header("link", linkNext(url, nextCursor));
      return { deliveries: deliveries.map(deliveryAnswer), next: nextCursor };
    });
}

function resendRoute(http: FastifyInstance, { database, clock, wake }: DeliveriesRoutesOptions): void {
  const config = { access: "operator" } as const;
  const schema = {
    ...{ summary: "Send a settled delivery again, under the same id", params: DeliveryParams },
    response: { 200: Delivery },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/deliveries/:delivery_id/resend", { config, schema }, async ({ params }) => {
      const id = params.delivery_id.toLowerCase();
      const resent = await database.write((transaction) => resendDelivery(transaction, id, clock.now()));
      if (resent === "unknown") throw unknownDelivery(id);
      if (resent === "pending already") {
        throw new AuditFlowError(
          "state_conflict",
          "The delivery is still pending: it is tried again by itself",
        );
      }
      if (resent === "without an enabled channel") {
        const detail = "Its channel was removed or is switched off; switch it on first";
        throw new AuditFlowError("state_conflict", detail);
      }
      wake();
      const { tries: _tries, notice: _notice, ...delivery } = await detailOf(database, id);
      return delivery;
    });
}

async function detailOf(database: Database, id: string): Promise<DeliveryDetail> {
  const found = await getDelivery(database.reader, id.toLowerCase());
  if (found === undefined) throw unknownDelivery(id);
  return {
    ...deliveryAnswer(found.delivery),
    notice: JSON.parse(found.delivery.notice) as Notice,
    tries: found.tries.map(({ attempt, at, duration_ms, outcome, code, detail }) => ({
      ...{ attempt, at: formatTimestamp(at), duration_ms, outcome, status: code, detail },
    })),
  };
}

function unknownDelivery(id: string): AuditFlowError {
  return new AuditFlowError("not_found", `There is no delivery ${id}`);
}

function deliveryAnswer(row: NamedDelivery): Delivery {
  const { delivery_id, channel_id, channel_name, incident_id, attempts, detail, settled_at } = row;
  const { incident } = JSON.parse(row.notice) as Notice;
  const state = row.state as DeliveryState;
  return {
    ...{ delivery_id, created_at: formatTimestamp(row.at), channel_id, channel_name, incident_id },
    ...{ type: row.type as NoticeType, title: incident.title, severity: incident.severity as AlertSeverity },
    ...{ state, attempts, next_attempt_at: state === "pending" ? formatTimestamp(row.next_at) : null },
    ...{ detail, settled_at: settled_at === null ? null : formatTimestamp(settled_at) },
  };
}
