import { setTimeout as delay } from "node:timers/promises";
import {
  type Context,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { parseTraceParent, TraceState } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import {
  ATTR_ERROR_TYPE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from "@opentelemetry/semantic-conventions";
import { type SamplerName, samplerOf } from "./samplers.ts";
import { SpanDelivery } from "./span-delivery.ts";
import type { Span, SpanAttributes, SpanObserver, SpanOptions, Tracer, Tracing } from "./trace.ts";
import { type TraceContext, traceHeaders } from "./trace-context.ts";

/** What tracing with OpenTelemetry is made with. */
export interface OpenTelemetryOptions {
  /** Where spans are posted to as OTLP in JSON, with its path. */
  readonly url: string;
  readonly sampler: SamplerName;
  /** The ratio, of the samplers that have one. */
  readonly samplerRatio: number;
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  /** Further attributes of the resource; they win over the three above. */
  readonly resource: SpanAttributes;
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

const longestFlush = 1000;

/** Tracing that sends spans to a collector. Whatever the collector does, nobody else is told to wait. */
export function openTelemetry(options: OpenTelemetryOptions): Tracing {
  return new OpenTelemetry(options);
}

class OpenTelemetry implements Tracing {
  readonly #delivery: SpanDelivery;
  readonly #provider: TracerProvider;
  readonly #contexts = new AsyncLocalStorageContextManager().enable();

  constructor({ url, sampler, samplerRatio, service, version, instance, resource }: OpenTelemetryOptions) {
    this.#delivery = new SpanDelivery(url);
    this.#provider = new TracerProvider({
      sampler: samplerOf(sampler, samplerRatio),
      spanProcessors: [this.#delivery],
      resource: resourceFromAttributes({
        [ATTR_SERVICE_NAME]: service,
        [ATTR_SERVICE_VERSION]: version,
        [ATTR_SERVICE_INSTANCE_ID]: instance,
        ...resource,
      }),
    });
  }

  tracer(part: string): Tracer {
    return new PartTracer(this.#provider.getTracer(part), this.#contexts);
  }

  logFields(): { readonly trace_id: string; readonly span_id: string } | undefined {
    const span = trace.getSpanContext(this.#contexts.active());
    return span === undefined ? undefined : { trace_id: span.traceId, span_id: span.spanId };
  }

  observe(observer: SpanObserver): void {
    this.#delivery.observe(observer);
  }

  async stop(): Promise<void> {
    const flushed = this.#provider.shutdown().catch(() => undefined);
    const waiting = new AbortController();
    const late = delay(longestFlush, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([flushed, late]);
    waiting.abort();
  }
}

class PartTracer implements Tracer {
  readonly #tracer: OtelTracer;
  readonly #contexts: AsyncLocalStorageContextManager;

  constructor(tracer: OtelTracer, contexts: AsyncLocalStorageContextManager) {
    this.#tracer = tracer;
    this.#contexts = contexts;
  }

  active(): TraceContext | undefined {
    const span = trace.getSpanContext(this.#contexts.active());
    return span === undefined ? undefined : contextOf(span);
  }

  start(name: string, { kind, parent, links = [], attributes }: SpanOptions): Span {
    const options = {
      kind: kinds[kind],
      attributes: { ...attributes },
      links: links.flatMap((link) => {
        const context = spanContextOf(link);
        return context === undefined ? [] : [{ context }];
      }),
    };
    return new StartedSpan(this.#tracer.startSpan(name, options, parentContext(parent)));
  }

  run<R>(span: Span, work: () => R): R {
    return span instanceof StartedSpan ? this.#contexts.with(span.within, work) : work();
  }
}

class StartedSpan implements Span {
  readonly #span: OtelSpan;
  readonly context: TraceContext | undefined;

  constructor(span: OtelSpan) {
    this.#span = span;
    this.context = contextOf(span.spanContext());
  }

  /** The context in which it is active; one that is not sampled leaves nothing behind. */
  get within(): Context {
    return this.context === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes({ ...attributes });
  }

  end(failure?: string): void {
    if (failure !== undefined) {
      this.#span.setAttribute(ATTR_ERROR_TYPE, failure);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

function contextOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext | undefined {
  if ((traceFlags & 1) === 0) return undefined;
  const state = traceState?.serialize() ?? "";
  return state === "" ? `00-${traceId}-${spanId}-01` : `00-${traceId}-${spanId}-01 ${state}`;
}

function spanContextOf(context: TraceContext): SpanContext | undefined {
  const { traceparent, tracestate } = traceHeaders(context);
  const parent = parseTraceParent(traceparent);
  if (parent === null) return undefined;
  const state = tracestate === undefined ? {} : { traceState: new TraceState(tracestate) };
  return { ...parent, ...state, isRemote: true };
}

function parentContext(parent: TraceContext | undefined): Context {
  const context = parent === undefined ? undefined : spanContextOf(parent);
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}
