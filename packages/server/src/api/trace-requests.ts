import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Span, Tracer } from "../telemetry/trace.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";

/** Asked every few seconds by machines, and of no interest to anybody who looks for an event. */
const untraced: ReadonlySet<string> = new Set(["/livez", "/readyz", "/healthz", "/metrics"]);

/**
 * Gives each request of the routes registered after this a span, which continues the caller's trace and in which its
 * handler runs. Neither query strings nor bodies are said.
 */
export function traceRequests(http: FastifyInstance, tracer: Tracer): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  const within = (request: FastifyRequest, work: () => void): void => {
    const span = spans.get(request);
    if (span === undefined) work();
    else tracer.run(span, work);
  };
  http.addHook("onRequest", (request, _reply, done) => {
    if (!untraced.has(request.routeOptions.url ?? "")) spans.set(request, begin(request, tracer));
    within(request, done);
  });
  // The stream of a body calls back from outside of the span.
  http.addHook("preHandler", (request, _reply, done) => within(request, done));
  http.addHook("onResponse", (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ "http.response.status_code": reply.statusCode });
    span?.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined);
    done();
  });
}

function begin(request: FastifyRequest, tracer: Tracer): Span {
  const { method, protocol, routeOptions } = request;
  const route = routeOptions.url;
  return tracer.start(route === undefined ? method : `${method} ${route}`, {
    kind: "server",
    parent: callersTrace(request),
    attributes: {
      "http.request.method": method,
      "url.scheme": protocol,
      ...(route === undefined ? {} : { "http.route": route }),
    },
  });
}

/** As it came, sampled or not: the sampler heeds the caller's choice. */
function callersTrace({ headers }: FastifyRequest): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== "string") return undefined;
  return typeof tracestate === "string" ? `${traceparent} ${tracestate}` : traceparent;
}
