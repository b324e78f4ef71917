import { Throughput, ThroughputQuery } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { sumReports } from "../alerts/service-reports.ts";
import type { Database } from "../database/database.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { bucketedSpan } from "./time-range.ts";

/** `GET /api/v1/services/throughput`, summed over all processes. While the database is down it answers 503. */
export function servicesRoutes(http: FastifyInstance, { database }: { readonly database: Database }): void {
  const config = { access: "viewer" } as const;
  const schema = { querystring: ThroughputQuery, response: { 200: Throughput } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/services/throughput", { config, schema }, async ({ query }) => {
      const span = bucketedSpan(query);
      const sums = await sumReports(database, span);
      return {
        from: formatTimestamp(span.from),
        to: formatTimestamp(span.to),
        bucket_seconds: query.bucket_seconds,
        buckets: sums.map(({ bucket, ...counts }) => ({ at: formatTimestamp(bucket), ...counts })),
      };
    });
}
