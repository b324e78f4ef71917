import { traceRequests } from "../api/trace-requests.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SpanObserver, Tracing } from "../telemetry/trace.ts";
import { tracedTransport } from "../transport/traced-transport.ts";
import type { Config } from "./config.ts";
import type { Resources } from "./resources.ts";
import { version } from "./version.ts";

/** Makes the tracing that the configuration asks for. Without an endpoint there is none, and nothing of it is loaded. */
export async function openTracing(
  { tracing }: Pick<Config, "tracing">,
  who: { readonly service: string; readonly instance: string },
): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const { openTelemetry } = await import("../telemetry/open-telemetry.ts");
  return openTelemetry({ ...tracing, ...who, version });
}

/** Has the requests traced, and what becomes of the spans counted. Returns what ends it, after all else. */
export function beginTracing(
  tracing: Tracing | undefined,
  { http, log, metrics }: Pick<Resources, "http" | "log" | "metrics">,
): () => Promise<void> {
  if (tracing === undefined) return async () => undefined;
  tracing.observe(spanObserver(log, metrics));
  traceRequests(http, tracing.tracer("http"));
  return () => tracing.stop();
}

/** What a role is started with when there is tracing: its spans are told from those of the others by its name. */
export function tracedResources(resources: Resources, role: string, tracing: Tracing | undefined): Resources {
  if (tracing === undefined) return resources;
  const tracer = tracing.tracer(role);
  const { transport } = resources;
  // A front door has none; and what the generator makes, by timers that outlive the request which set them, is nobody's.
  if ((transport as unknown) === undefined || role === "audit-event-generator")
    return { ...resources, tracer };
  return { ...resources, tracer, transport: tracedTransport(transport, tracer) };
}

/** A line when the collector begins or ceases to take none, not one for each batch that is lost. */
function spanObserver(log: Logger, { traceSpans }: Pick<Metrics, "traceSpans">): SpanObserver {
  let isFailing = false;
  return {
    exported: (spans) => {
      traceSpans.inc({ outcome: "exported" }, spans);
      if (isFailing) log.info({ "event.name": "traces.delivered" }, "traces are delivered again");
      isFailing = false;
    },
    failed: (spans, error) => {
      traceSpans.inc({ outcome: "failed" }, spans);
      if (!isFailing)
        log.warn({ "event.name": "traces.failed", error }, "traces cannot be delivered, and are lost");
      isFailing = true;
    },
    dropped: (spans) => traceSpans.inc({ outcome: "dropped" }, spans),
  };
}
