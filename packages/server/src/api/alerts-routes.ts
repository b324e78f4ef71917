import {
  Alert,
  AlertHistogram,
  AlertHistogramQuery,
  AlertList,
  AlertListQuery,
  AlertParams,
  AuditFlowError,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { endOfStream } from "../alerts/changes.ts";
import { type BucketCount, countAlerts } from "../alerts/histogram.ts";
import { getAlert, listAlerts } from "../alerts/queries.ts";
import type { Database } from "../database/database.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { selectionOf, splitSeverities } from "./alert-selection.ts";
import { decodeCursor, encodeCursor, encodeStreamPlace, linkNext, lowerCaseUuid } from "./cursor.ts";
import { bucketedSpan, timeOf } from "./time-range.ts";

/**
 * `GET /api/v1/alerts`, `GET /api/v1/alerts/histogram` and `GET /api/v1/alerts/:alert_id`. While the database is
 * down they answer 503.
 */
export function alertsRoutes(http: FastifyInstance, { database }: { readonly database: Database }): void {
  listRoute(http, database);
  histogramRoute(http, database);
  const schema = { params: AlertParams, response: { 200: Alert } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts/:alert_id", { config, schema }, async (request) => {
      const { alert_id } = request.params;
      const alert = await getAlert(database.reader, alert_id.toLowerCase());
      if (alert === undefined) throw new AuditFlowError("not_found", `There is no alert ${alert_id}`);
      return alert;
    });
}

const config = { access: "viewer" } as const;

function listRoute(http: FastifyInstance, database: Database): void {
  const schema = { querystring: AlertListQuery, response: { 200: AlertList } };
  const options = { config, schema, preValidation: splitSeverities };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts", options, async ({ query, url }, reply) => {
      const { limit = 50, cursor, merged = false, from, to } = query;
      const filter = {
        ...selectionOf(query),
        ...{ limit, merged },
        after: cursor === undefined ? undefined : decodeCursor(cursor, lowerCaseUuid),
        from: from === undefined ? undefined : timeOf(from, "from"),
        to: to === undefined ? undefined : timeOf(to, "to"),
      };
      // Before the rows: what is stored between the two is in the stream from here, and perhaps on the page too.
      const position = encodeStreamPlace(await endOfStream(database));
      const { alerts, next } = await listAlerts(database.reader, filter);
      const nextCursor = next === undefined ? null : encodeCursor(next);
      if (nextCursor !== null) reply.header("link", linkNext(url, nextCursor));
      return { alerts, next: nextCursor, position };
    });
}

function histogramRoute(http: FastifyInstance, database: Database): void {
  const schema = { querystring: AlertHistogramQuery, response: { 200: AlertHistogram } };
  const options = { config, schema, preValidation: splitSeverities };
  http.withTypeProvider<TypeBoxTypeProvider>().get("/api/v1/alerts/histogram", options, async ({ query }) => {
    const span = bucketedSpan(query);
    const counted = await countAlerts(database, span, selectionOf(query));
    return {
      from: formatTimestamp(span.from),
      to: formatTimestamp(span.to),
      bucket_seconds: query.bucket_seconds,
      buckets: bucketsOf(counted),
    };
  });
}

function bucketsOf(counted: readonly BucketCount[]): AlertHistogram["buckets"] {
  return [...Map.groupBy(counted, ({ bucket }) => bucket)].map(([at, counts]) => ({
    at: formatTimestamp(at),
    counts: Object.fromEntries(counts.map(({ severity, count }) => [severity, count])),
  }));
}
