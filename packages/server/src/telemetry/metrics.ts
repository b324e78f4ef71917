import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { type MetricRow, metricTable } from "./metric-table.ts";

type MetricTable = typeof metricTable;
type Label<R extends MetricRow> = R["labels"][number];

/** What a row of the table becomes. */
type MetricOf<R extends MetricRow> = R["kind"] extends "counter"
  ? Counter<Label<R>>
  : R["kind"] extends "gauge"
    ? Gauge<Label<R>>
    : Histogram<Label<R>>;

/**
 * Every metric of the product, made once per process, and the registry they are in. Labels have few fixed values: never
 * a user, host, address or rule text.
 */
export type Metrics = { readonly registry: Registry } & {
  readonly [K in keyof MetricTable]: MetricOf<MetricTable[K]>;
};

/** Makes the metrics in a registry of their own, so that two processes' worth can live in one test. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const made = Object.entries<MetricRow>(metricTable).map(([key, row]) => [key, make(row, registry)]);
  const metrics = { registry, ...Object.fromEntries(made) } as Metrics;
  metrics.buildInfo.set({ version }, 1);
  return metrics;
}

function make({ kind, name, help, labels, buckets }: MetricRow, registry: Registry): unknown {
  const options = { name: `auditflow_${name}`, help, labelNames: [...labels], registers: [registry] };
  if (kind === "counter") return new Counter(options);
  if (kind === "gauge") return new Gauge(options);
  return new Histogram({ ...options, ...(buckets === undefined ? {} : { buckets: [...buckets] }) });
}
