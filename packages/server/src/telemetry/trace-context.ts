/**
 * Where in a sampled trace something belongs, as W3C Trace Context writes it: the `traceparent` and, after a space, the
 * `tracestate` if there is one.
 */
export type TraceContext = string;

/** One context per record, in the same order; undefined for a record that is part of no sampled trace. */
export type Traces = readonly (TraceContext | undefined)[];

/** The headers in which a context travels, over HTTP and over AMQP. */
export interface TraceHeaders {
  readonly traceparent: string;
  readonly tracestate?: string;
}

// Version 00, and what later versions keep of it. Ids of zeros only are none.
const traceparentPattern =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/** What the standard asks to be passed on at least. */
const longestState = 512;
const longestParent = 256;

/** Reads headers of anybody; undefined when they name no trace, or one that is not sampled. */
export function readTraceContext(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== "string" || traceparent.length > longestParent) return undefined;
  if (!traceparentPattern.test(traceparent) || !isSampled(traceparent)) return undefined;
  // What a later version adds is not ours to pass on.
  const parent = `00-${traceparent.slice(3, 53)}01`;
  const isState =
    typeof tracestate === "string" && tracestate.length <= longestState && /^[\x21-\x7e]+$/.test(tracestate);
  return isState ? `${parent} ${tracestate}` : parent;
}

function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
}

/** The headers of a context. */
export function traceHeaders(context: TraceContext): TraceHeaders {
  const end = context.indexOf(" ");
  if (end === -1) return { traceparent: context };
  return { traceparent: context.slice(0, end), tracestate: context.slice(end + 1) };
}

/** The id of the context's trace, 32 hexadecimal digits. */
export function traceIdOf(context: TraceContext): string {
  return context.slice(3, 35);
}

/** The context of all these records; undefined when they have none, or more than one. */
export function onlyTrace(traces: Traces): TraceContext | undefined {
  let only: TraceContext | undefined;
  for (const trace of traces) {
    if (trace === undefined || trace === only) continue;
    if (only !== undefined) return undefined;
    only = trace;
  }
  return only;
}
