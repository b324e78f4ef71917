import { exchangeName, isBroadcast } from "@auditflow/contracts";
import { failureOf, inSpan, type Span, type SpanAttributes, type Tracer } from "../telemetry/trace.ts";
import { onlyTrace, type TraceContext, type Traces, traceIdOf } from "../telemetry/trace-context.ts";
import type { Batch, Handler, SubscribeOptions, Transport } from "./transport.ts";

/** Most contexts that one span is linked to: a batch may hold thousands. */
const mostLinks = 128;

/**
 * The same transport with a span for each publish and for each batch that has to do with a sampled trace, named as
 * OpenTelemetry's conventions for messaging ask. What is published without `traces` belongs to the active span; what is
 * neither costs nothing. A batch of one trace continues it, one of several begins a trace of its own with links to them.
 */
export function tracedTransport(transport: Transport, tracer: Tracer): Transport {
  const system = transport.health().name;
  return {
    publish: (topic, records, traces) => {
      const given = traces ?? activeOnes(tracer, records.length);
      if (given === undefined || isBroadcast(topic)) return transport.publish(topic, records);
      const spans = publishSpans(tracer, given, { system, topic });
      const onward = given.map((context) => context && (spans.get(context)?.context ?? context));
      return ended(transport.publish(topic, records, onward), spans);
    },
    subscribe: (options) =>
      transport.subscribe({ ...options, handler: tracedHandler(tracer, options, system) }),
    backlog: (topic) => transport.backlog(topic),
    health: () => transport.health(),
    stop: () => transport.stop(),
  };
}

function activeOnes(tracer: Tracer, count: number): Traces | undefined {
  const active = tracer.active();
  return active === undefined ? undefined : new Array<TraceContext>(count).fill(active);
}

function destination(topic: string): string {
  return `${exchangeName}:${topic}`;
}

function attributesOf(system: string, topic: string): SpanAttributes {
  return {
    "messaging.system": system,
    "messaging.destination.name": destination(topic),
    ...(system === "rabbitmq" ? { "messaging.rabbitmq.destination.routing_key": topic } : {}),
  };
}

/** One span per context. */
function publishSpans(
  tracer: Tracer,
  traces: Traces,
  { system, topic }: { readonly system: string; readonly topic: string },
): Map<TraceContext, Span> {
  const counts = new Map<TraceContext, number>();
  for (const trace of traces) if (trace !== undefined) counts.set(trace, (counts.get(trace) ?? 0) + 1);
  const active = tracer.active();
  const spans = [...counts].map(([parent, count]): [TraceContext, Span] => {
    const links = active === undefined || traceIdOf(active) === traceIdOf(parent) ? [] : [active];
    const attributes = {
      ...attributesOf(system, topic),
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.batch.message_count": count,
    };
    const options = { kind: "producer", parent, links, attributes } as const;
    return [parent, tracer.start(`publish ${destination(topic)}`, options)];
  });
  return new Map(spans);
}

async function ended(publishing: Promise<void>, spans: ReadonlyMap<TraceContext, Span>): Promise<void> {
  try {
    await publishing;
    for (const span of spans.values()) span.end();
  } catch (error) {
    for (const span of spans.values()) span.end(failureOf(error));
    throw error;
  }
}

function tracedHandler(tracer: Tracer, { handler, topic, group }: SubscribeOptions, system: string): Handler {
  const attributes = {
    ...attributesOf(system, topic),
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": group,
  };
  return (batch) => {
    const { traces, records } = batch;
    if (traces === undefined) return handler(batch);
    const span = tracer.start(`process ${destination(topic)}`, {
      kind: "consumer",
      parent: onlyTrace(traces),
      links: [...new Set(traces)].filter((trace) => trace !== undefined).slice(0, mostLinks),
      attributes: { ...attributes, "messaging.batch.message_count": records.length },
    });
    return inSpan(tracer, span, () => handler(continued(batch, traces, span)));
  };
}

/** What comes of a batch of one trace is part of the span that handles it. */
function continued(batch: Batch, traces: Traces, { context }: Span): Batch {
  if (context === undefined || onlyTrace(traces) === undefined) return batch;
  return { ...batch, traces: traces.map((trace) => trace && context) };
}
