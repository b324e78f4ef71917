import type { FastifyInstance } from "fastify";
import { everyLine } from "../telemetry/every-line.ts";
import type { Metrics } from "../telemetry/metrics.ts";

const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Measures every request by the pattern of its route, of which there are as many as the program has, whatever is asked,
 * and logs it at the level debug: never what stood in its address, headers or body.
 */
export function measureRequests(
  http: FastifyInstance,
  { requestDuration }: Pick<Metrics, "requestDuration">,
): void {
  http.addHook("onResponse", (request, reply, done) => {
    const method = methods.has(request.method) ? request.method : "other";
    const route = request.is404 ? "none" : (request.routeOptions.url ?? "none");
    const { statusCode: status, elapsedTime } = reply;
    requestDuration.observe({ method, route, status: String(status) }, elapsedTime / 1000);
    request.log.debug(
      {
        "event.name": "http.request",
        ...{ method, route, status, duration_ms: Math.round(elapsedTime) },
        [everyLine]: true,
      },
      "a request was answered",
    );
    done();
  });
}
