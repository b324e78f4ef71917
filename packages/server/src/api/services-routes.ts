import { ServiceProcesses, Throughput, ThroughputQuery } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { lastReports, sumReports } from "../alerts/service-reports.ts";
import type { Database } from "../database/database.ts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { lately } from "./known-processes.ts";
import { bucketedSpan } from "./time-range.ts";

/** What the routes stand on. */
export interface ServicesRoutesOptions {
  readonly database: Database;
  readonly clock: Clock;
}

const config = { access: "viewer" } as const;

/**
 * `GET /api/v1/services`, which processes there are and what each works with, and `GET /api/v1/services/throughput`, summed
 * over all of them. While the database is down both answer 503.
 */
export function servicesRoutes(http: FastifyInstance, { database, clock }: ServicesRoutesOptions): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  typed.get("/api/v1/services", { config, schema: { response: { 200: ServiceProcesses } } }, async () => {
    const reports = await lastReports(database, clock.now() - lately);
    return {
      processes: reports.map(({ at, ruleSet, ...process }) => ({
        ...{ ...process, services: [...process.services], reported_at: formatTimestamp(at) },
        ...(ruleSet === undefined ? {} : { rule_set: ruleSet }),
      })),
    };
  });
  const schema = { querystring: ThroughputQuery, response: { 200: Throughput } };
  typed.get("/api/v1/services/throughput", { config, schema }, async ({ query }) => {
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
