import { type RuleSetState, type Service, ServiceReport } from "@auditflow/contracts";
import { Ajv } from "ajv";
import type { Database, UpsertPlan } from "../database/database.ts";
import type { ServiceReportRow } from "../database/schema.ts";
import type { BucketedSpan } from "./histogram.ts";
import { explain } from "./record.ts";

/** One row per report, the first stays: a report that comes twice counts once. */
export const serviceReportsPlan: UpsertPlan<"service_reports"> = {
  table: "service_reports",
  key: "report_id",
  newer: undefined,
};

const isReport = new Ajv({ allErrors: true }).compile<ServiceReport>(ServiceReport);

/** Takes anything for a service's report: its row, or in one sentence why it is none. */
export function readServiceReport(
  value: unknown,
): { readonly row: ServiceReportRow } | { readonly reason: string } {
  if (!isReport(value)) return { reason: explain(isReport.errors ?? []) };
  const { report_id, instance, version, services, from, to } = value;
  const { generated, accepted, evaluated, rule_set } = value;
  const at = Date.parse(to);
  const fromAt = Date.parse(from);
  if (Number.isNaN(at)) return { reason: "/to is not a time" };
  if (Number.isNaN(fromAt)) return { reason: "/from is not a time" };
  const counts = { generated, accepted, evaluated };
  return {
    row: {
      ...{ report_id, at, from_at: fromAt, instance, version, services: JSON.stringify(services) },
      ...counts,
      rule_set: rule_set === undefined ? null : JSON.stringify(rule_set),
    },
  };
}

/** What all processes together did in the bucket that starts at `bucket`, epoch milliseconds. */
export interface ThroughputSum {
  readonly bucket: number;
  readonly generated: number;
  readonly accepted: number;
  readonly evaluated: number;
}

/** Sums the reports by the bucket in which they end, oldest first. Reads an index only. */
export async function sumReports(
  database: Pick<Database, "reader" | "bucket">,
  { from, to, width }: BucketedSpan,
): Promise<ThroughputSum[]> {
  return await database.reader
    .selectFrom("service_reports")
    .select((eb) => [
      database.bucket(eb.ref("at"), width).as("bucket"),
      eb.fn.sum<number>("generated").as("generated"),
      eb.fn.sum<number>("accepted").as("accepted"),
      eb.fn.sum<number>("evaluated").as("evaluated"),
    ])
    .where("at", ">=", from)
    .where("at", "<", to)
    .groupBy((eb) => database.bucket(eb.ref("at"), width))
    .orderBy("bucket")
    .execute();
}

/** A process as its reports name it. */
export interface ReportingProcess {
  readonly instance: string;
  readonly services: readonly Service[];
}

/** The processes that reported themselves at this time (epoch milliseconds) or later. Reads an index only as far back. */
export async function reportingSince(
  { reader }: Pick<Database, "reader">,
  since: number,
): Promise<ReportingProcess[]> {
  const rows = await reader
    .selectFrom("service_reports")
    .select(["instance", "services"])
    .where("at", ">=", since)
    .distinct()
    .execute();
  return rows.map(({ instance, services }) => ({ instance, services: JSON.parse(services) as Service[] }));
}

/** What a process said of itself in its last report. */
export interface LastReport extends ReportingProcess {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly ruleSet: RuleSetState | undefined;
}

/** The last report of each process that reported itself at this time (epoch milliseconds) or later, by instance. */
export async function lastReports(
  { reader }: Pick<Database, "reader">,
  since: number,
): Promise<LastReport[]> {
  const rows = await reader
    .selectFrom("service_reports")
    .select(["instance", "services", "version", "at", "rule_set"])
    .where("at", ">=", since)
    .orderBy("at")
    .orderBy("report_id")
    .execute();
  const last = [...new Map(rows.map((row) => [row.instance, row])).values()];
  return last
    .map(({ instance, services, version, at, rule_set }) => ({
      ...{ instance, version, at, services: JSON.parse(services) as Service[] },
      ruleSet: rule_set === null ? undefined : (JSON.parse(rule_set) as RuleSetState),
    }))
    .sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
