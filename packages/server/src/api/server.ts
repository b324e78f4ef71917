import type { Health } from "@auditflow/contracts";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { uuidv7 } from "uuidv7";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type GuardOptions, guard } from "./guard.ts";
import { answerProblems } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";

/** What an HTTP server of a process is made with. */
export interface HttpOptions extends GuardOptions {
  readonly log: Logger;
}

/** Makes the process's HTTP server, without routes: guarded, and with every error as a problem. */
export function createHttp({ log, ...guardOptions }: HttpOptions): FastifyInstance {
  const http = Fastify({
    loggerInstance: quiet(log),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: () => uuidv7(),
    bodyLimit: bodyBytes,
    forceCloseConnections: "idle",
    requestTimeout: 30_000,
    routerOptions: { ignoreTrailingSlash: true },
    ajv: { customOptions: { allErrors: true } },
  });
  // Answers go out as they are: a serializer made from the schema would drop the fields it does not know.
  http.setSerializerCompiler(() => (data) => JSON.stringify(data));
  answerProblems(http);
  securityHeaders(http);
  guard(http, guardOptions);
  return http;
}

/** What the framework thinks worth an info line, such as its address, is for debugging: the app says it in its words. */
function quiet(log: Logger): FastifyBaseLogger {
  return Object.create(log, { info: { value: log.debug.bind(log) } }) as FastifyBaseLogger;
}

/** A little over the limit of a batch, so that intake can say which limit was passed. */
const bodyBytes = 4 * 1024 * 1024 + 1024;

/** What the probes ask of the process. */
export interface ProbeOptions {
  /** Listening, rules loaded, not draining; never the dependencies. */
  readonly ready: () => boolean;
  readonly health: () => Health;
  readonly metrics: Metrics;
}

/** The routes every process has: `/livez`, `/readyz`, `/healthz`, `/metrics`. */
export function probeRoutes(http: FastifyInstance, { ready, health, metrics }: ProbeOptions): void {
  const config = { access: "public" } as const;
  http.get("/livez", { config }, () => ({ status: "pass" }));
  http.get("/readyz", { config }, (_request, reply) => {
    const isReady = ready();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "pass" : "fail" });
  });
  http.get("/healthz", { config }, (_request, reply) => {
    const report = health();
    return reply
      .code(report.status === "fail" ? 503 : 200)
      .type("application/health+json")
      .header("cache-control", "no-store")
      .send(report);
  });
  http.get("/metrics", { config }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
