import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.ts";

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Measures every request by the pattern of its route, of which there are as many as the program has, whatever is asked. */
export function measureRequests(
  http: FastifyInstance,
  { requestDuration }: Pick<Metrics, "requestDuration">,
): void {
  http.addHook("onResponse", (request, reply, done) => {
    const method = methods.has(request.method) ? request.method : "other";
    const route = request.is404 ? "none" : (request.routeOptions.url ?? "none");
    requestDuration.observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
