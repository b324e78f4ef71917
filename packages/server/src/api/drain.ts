import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";

/** How long requests that are under way may take once the process stops, in milliseconds. */
export interface DrainOptions {
  /** Until their answer has begun; whoever comes meanwhile is told that the service stops. 3,000 by default. */
  readonly patience?: number;
  /** Until everything is cut, also answers that nobody reads to their end. 4,000 by default. */
  readonly mostMilliseconds?: number;
}

/** What answers while a process stops: an orchestrator must see that it lives and is not ready. */
const probes = ["/livez", "/readyz", "/healthz", "/metrics"];

const lookEvery = 10;

/**
 * Watches the requests of every route registered from now on, and answers what begins the drain: new requests are
 * refused as `draining` while the server still listens, probes excepted; the promise resolves once each request under
 * way has its answer, or its patience is over. Streams, whose answer has begun, are not waited for.
 */
export function drainable(http: FastifyInstance, options: DrainOptions = {}): () => Promise<void> {
  const { patience = 3_000, mostMilliseconds = 4_000 } = options;
  const open = new Set<ServerResponse>();
  let isDraining = false;
  http.addHook("onRequest", (request, reply, done) => {
    if (isDraining) void reply.header("connection", "close");
    if (isDraining && !probes.includes(request.routeOptions.url ?? "")) {
      done(new AuditFlowError("draining", "The service is stopping and takes no more requests"));
      return;
    }
    open.add(reply.raw);
    reply.raw.once("close", () => open.delete(reply.raw));
    done();
  });
  return async () => {
    isDraining = true;
    setTimeout(() => http.server.closeAllConnections(), mostMilliseconds).unref();
    const isOver = AbortSignal.timeout(patience);
    while (!isOver.aborted && [...open].some((response) => !response.headersSent)) await delay(lookEvery);
  };
}
