import { services } from "@auditflow/contracts";
import { type MetricRow, metricTable } from "../packages/server/src/telemetry/metric-table.ts";

/** The page of every metric, from the table that they are made of. */
export function metricsPage(): string {
  const rows = Object.values<MetricRow>(metricTable).map((row) => {
    const labels = row.labels.map((label) => `\`${label}\``).join(", ");
    return `| \`auditflow_${row.name}\` | ${row.kind} | ${labels} | ${row.help} | ${servicesOf(row)} |`;
  });
  const buckets = Object.values<MetricRow>(metricTable)
    .filter(({ buckets: bounds }) => bounds !== undefined)
    .map(({ name, buckets: bounds = [] }) => `- \`auditflow_${name}\`: ${bounds.join(", ")}`);
  return [head, ...rows, "", "## Buckets", "", ...buckets, "", foot].join("\n");
}

function servicesOf({ services: some }: MetricRow): string {
  return some.length === services.length ? "all" : some.join(", ");
}

const head = `<!-- Generated from packages/server/src/telemetry/metric-table.ts by \`npm run generate\`. -->

# Metrics

Every process answers \`GET /metrics\` in Prometheus' text format, without a token. Units are base units: seconds, bytes.
Labels have few fixed values, never a user, host, address or anything else that somebody sent. A process has every metric;
those of services that do not run in it stay at zero.

| metric | type | labels | what it says | services |
|---|---|---|---|---|`;

const foot = `Beside these there are the usual ones of Node.js and its process, \`nodejs_*\` and \`process_*\`.

## What adds up

- \`events_received_total\` = \`events_accepted_total\` + \`events_rejected_total\`, and what came while the transport took
  nothing: that was answered 503 and is sent again by its sender.
- \`events_evaluated_total\` = \`events_accepted_total\` + \`events_generated_total\` once nothing waits; more when events were
  delivered again, for each evaluation counts. \`events_duplicate_total\` is what of that a counting rule knew.
- \`batch_size_sum\` = \`alerts_stored_total\` + \`alerts_duplicate_total\` + what was put into quarantine instead.
- \`trace_spans_total\`: the outcomes are \`exported\`, \`failed\` and \`dropped\`; all are zero without an OTLP endpoint.
`;
