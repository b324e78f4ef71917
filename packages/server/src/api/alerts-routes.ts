import {
  AlertDetail,
  AlertFacets,
  AlertFacetsQuery,
  AlertHistogram,
  AlertHistogramQuery,
  AlertList,
  AlertListQuery,
  AlertLookup,
  AlertLookupResult,
  AlertParams,
  AuditFlowError,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { endOfStream } from "../alerts/changes.ts";
import { countFacets } from "../alerts/facets.ts";
import { type BucketCount, countAlerts } from "../alerts/histogram.ts";
import { getAlert, listAlerts, lookUpAlerts } from "../alerts/queries.ts";
import { countSelected } from "../alerts/selection.ts";
import type { Database } from "../database/database.ts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { selectionOf, splitSeverities } from "./alert-selection.ts";
import { decodeCursor, encodeCursor, encodeStreamPlace, linkNext, lowerCaseUuid } from "./cursor.ts";
import { bucketedSpan } from "./time-range.ts";

/** What the routes that read alerts are made with. */
export interface AlertsRoutesOptions {
  readonly database: Database;
  readonly clock: Clock;
}

/**
 * `GET /api/v1/alerts`, its `/histogram` and `/facets`, `GET /api/v1/alerts/:alert_id` and `POST
 * /api/v1/alerts/lookup`. While the database is down they answer 503.
 */
export function alertsRoutes(http: FastifyInstance, options: AlertsRoutesOptions): void {
  listRoute(http, options);
  histogramRoute(http, options);
  facetsRoute(http, options);
  lookupRoute(http, options);
  detailRoute(http, options);
}

const config = { access: "viewer" } as const;

function listRoute(http: FastifyInstance, { database, clock }: AlertsRoutesOptions): void {
  const schema = { querystring: AlertListQuery, response: { 200: AlertList } };
  const options = { config, schema, preValidation: splitSeverities };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts", options, async ({ query, url }, reply) => {
      const { limit = 50, cursor, merged = false, total = false } = query;
      const asOf = clock.now();
      const selection = selectionOf(query, asOf);
      const after = cursor === undefined ? undefined : decodeCursor(cursor, lowerCaseUuid);
      // Before the rows: what is stored between the two is in the stream from here, and perhaps on the page too.
      const position = encodeStreamPlace(await endOfStream(database));
      const [{ alerts, next }, count] = await Promise.all([
        listAlerts(database.reader, { ...selection, limit, after, merged }),
        total ? countSelected(database.reader, selection, merged) : undefined,
      ]);
      const nextCursor = next === undefined ? null : encodeCursor(next);
      if (nextCursor !== null) reply.header("link", linkNext(url, nextCursor));
      const as_of = formatTimestamp(asOf);
      return { alerts, next: nextCursor, position, as_of, ...(count === undefined ? {} : { total: count }) };
    });
}

function histogramRoute(http: FastifyInstance, { database, clock }: AlertsRoutesOptions): void {
  const schema = { querystring: AlertHistogramQuery, response: { 200: AlertHistogram } };
  const options = { config, schema, preValidation: splitSeverities };
  http.withTypeProvider<TypeBoxTypeProvider>().get("/api/v1/alerts/histogram", options, async ({ query }) => {
    const span = bucketedSpan(query);
    const counted = await countAlerts(database, span, selectionOf(query, clock.now()));
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

function facetsRoute(http: FastifyInstance, { database, clock }: AlertsRoutesOptions): void {
  const schema = { querystring: AlertFacetsQuery, response: { 200: AlertFacets } };
  const options = { config, schema, preValidation: splitSeverities };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts/facets", options, async ({ query }) =>
      countFacets(database.reader, selectionOf(query, clock.now()), { values: query.values ?? 20 }),
    );
}

/** Most whole alerts of one answer: each may be some hundred kilobytes. */
const mostDetails = 100;

function lookupRoute(http: FastifyInstance, { database }: AlertsRoutesOptions): void {
  const schema = { body: AlertLookup, response: { 200: AlertLookupResult } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/alerts/lookup", { config, schema }, async ({ body }) => {
      const { alert_ids, detail = false } = body;
      if (detail && alert_ids.length > mostDetails) {
        const fault = {
          pointer: "/body/alert_ids",
          detail: `has at most ${mostDetails} ids with \`detail\``,
        };
        throw new AuditFlowError("invalid_request", `alert_ids ${fault.detail}`, { faults: [fault] });
      }
      const ids = alert_ids.map((id) => id.toLowerCase());
      return await lookUpAlerts(database.reader, ids, detail);
    });
}

function detailRoute(http: FastifyInstance, { database }: AlertsRoutesOptions): void {
  const schema = { params: AlertParams, response: { 200: AlertDetail } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts/:alert_id", { config, schema }, async (request, reply) => {
      const { alert_id } = request.params;
      const stored = await getAlert(database.reader, alert_id.toLowerCase());
      if (stored === undefined) throw new AuditFlowError("not_found", `There is no alert ${alert_id}`);
      reply.header("etag", stored.tag);
      return stored.alert;
    });
}
