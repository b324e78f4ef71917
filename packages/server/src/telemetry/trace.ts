import type { TraceContext } from "./trace-context.ts";

/** What is said of a span: OpenTelemetry's names, never a payload, a secret or a person. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** What a span is begun with. */
export interface SpanOptions {
  readonly kind: "server" | "client" | "producer" | "consumer";
  /** What it is part of; undefined: it begins a trace of its own. */
  readonly parent: TraceContext | undefined;
  /** What else led to it. */
  readonly links?: readonly TraceContext[];
  readonly attributes: SpanAttributes;
}

/** A piece of work in a trace. */
export interface Span {
  /** What continues it; undefined when it is not sampled. */
  readonly context: TraceContext | undefined;
  set(attributes: SpanAttributes): void;
  /** To be called once; `failure` is the code or the kind of what went wrong. */
  end(failure?: string): void;
}

/** Makes spans. None of it throws or waits. */
export interface Tracer {
  /** The span in which the caller runs. */
  active(): TraceContext | undefined;
  start(name: string, options: SpanOptions): Span;
  /** Runs the work so that the span is active in it and in all that it starts. */
  run<R>(span: Span, work: () => R): R;
}

/** What becomes of spans; called after each attempt to hand some over. */
export interface SpanObserver {
  readonly exported: (spans: number) => void;
  /** They are gone: the collector did not take them in time. */
  readonly failed: (spans: number, error: Error | undefined) => void;
  /** They are gone: too many waited. */
  readonly dropped: (spans: number) => void;
}

/** The tracing of a process. */
export interface Tracing {
  /** The tracer of one of its parts, by which its spans can be told from those of the others. */
  tracer(part: string): Tracer;
  /** The ids of the active span, for a line of the log. */
  logFields(): { readonly trace_id: string; readonly span_id: string } | undefined;
  observe(observer: SpanObserver): void;
  /** Hands over what waits; takes at most a second, whatever the collector does. */
  stop(): Promise<void>;
}

/** Runs the work in the span, which ends when the work does. */
export async function inSpan<R>(tracer: Tracer, span: Span, work: () => Promise<R>): Promise<R> {
  try {
    const result = await tracer.run(span, work);
    span.end();
    return result;
  } catch (error) {
    span.end(failureOf(error));
    throw error;
  }
}

/** An error as an attribute: its code or its class, for its message may quote what was sent. */
export function failureOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" ? code : typeof name === "string" ? name : "unknown";
}
