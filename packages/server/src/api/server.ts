import { Health } from "@auditflow/contracts";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import Type from "typebox";
import { uuidv7 } from "uuidv7";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { apiDocs } from "./api-docs.ts";
import { answerBadUrl, answerClientError } from "./early-problems.ts";
import { entityTags } from "./entity-tags.ts";
import { type GuardOptions, guard } from "./guard.ts";
import { answerProblems } from "./problem.ts";
import { problemPages } from "./problem-pages.ts";
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
    // Node looks for late requests every 30 s, which would let them take a minute.
    http: { connectionsCheckingInterval: 5_000 },
    routerOptions: { ignoreTrailingSlash: true },
    ajv: { customOptions: { allErrors: true } },
    frameworkErrors: answerBadUrl as never,
    clientErrorHandler: answerClientError,
  });
  // Answers go out as they are: a serializer made from the schema would drop the fields it does not know.
  http.setSerializerCompiler(() => (data) => JSON.stringify(data));
  answerProblems(http);
  securityHeaders(http);
  guard(http, guardOptions);
  entityTags(http);
  return http;
}

/** What the framework thinks worth an info line, such as its address, is for debugging: the app says it in its words. */
function quiet(log: Logger): FastifyBaseLogger {
  // Asked anew each time: what it does depends on the level of the moment.
  const info = { get: (): Logger["debug"] => log.debug };
  return Object.create(log, { info }) as FastifyBaseLogger;
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

/** The routes every process has: the probes, the page of each error code, the OpenAPI document and its page. */
export function processRoutes(http: FastifyInstance, probes: ProbeOptions): void {
  probeRoutes(http, probes);
  problemPages(http);
  apiDocs(http);
}

const okay = Type.Object({ status: Type.Enum(["pass", "fail"]) });
const report = { content: { "application/health+json": { schema: Health } } };

const probes = {
  livez: { summary: "Whether the process lives", response: { 200: okay } },
  readyz: { summary: "Whether the process takes requests", response: { 200: okay, 503: okay } },
  healthz: {
    summary: "How the process and what it depends on are",
    response: {
      200: { description: "It works, perhaps not with everything", ...report },
      503: { description: "It does not work", ...report },
    },
  },
  metrics: {
    summary: "The process's metrics, for Prometheus",
    response: { 200: { description: "Text format", content: { "text/plain": { schema: Type.String() } } } },
  },
};

/** `/livez`, `/readyz`, `/healthz`, `/metrics`. */
function probeRoutes(http: FastifyInstance, { ready, health, metrics }: ProbeOptions): void {
  const config = { access: "public" } as const;
  http.get("/livez", { config, schema: probes.livez }, () => ({ status: "pass" }));
  http.get("/readyz", { config, schema: probes.readyz }, (_request, reply) => {
    const isReady = ready();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "pass" : "fail" });
  });
  http.get("/healthz", { config, schema: probes.healthz }, (_request, reply) => {
    const answer = health();
    return reply
      .code(answer.status === "fail" ? 503 : 200)
      .type("application/health+json")
      .header("cache-control", "no-store")
      .send(answer);
  });
  http.get("/metrics", { config, schema: probes.metrics }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
