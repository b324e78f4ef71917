import {
  AuditFlowError,
  type ErrorCode,
  errorTable,
  type FieldFault,
  type Problem,
} from "@auditflow/contracts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Seconds after which a caller should try again when outside trouble refused the call. */
const retryAfterSeconds = 2;

/** Makes every answer of 400 and above an RFC 9457 problem, those of the framework too. */
export function answerProblems(http: FastifyInstance): void {
  const routes = rememberRoutes(http);
  http.setErrorHandler((error: FastifyError | AuditFlowError, request, reply) => {
    const known = error instanceof AuditFlowError ? error : fromFramework(error);
    if (known.code === "internal")
      request.log.error({ "event.name": "http.failed", error }, "a request failed");
    return send(known, request, reply);
  });
  http.setNotFoundHandler((request, reply) => {
    const methods = routes.methodsAt(request.url);
    // A route that covers many addresses may know this one is none of them.
    if (methods.length === 0 || methods.includes(request.method))
      return send(new AuditFlowError("not_found", `No ${request.url} here`), request, reply);
    reply.header("allow", methods.join(", "));
    const detail = `${request.method} is not taken here; ${methods.join(", ")} is`;
    return send(new AuditFlowError("method_not_allowed", detail), request, reply);
  });
}

function send(error: AuditFlowError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.retryable) reply.header("retry-after", String(retryAfterSeconds));
  if (error.code === "unauthorized") reply.header("www-authenticate", "Bearer");
  return reply.code(error.status).type("application/problem+json").send(problemOf(error, request));
}

function problemOf(error: AuditFlowError, request: FastifyRequest): Problem {
  const { status, title, fix } = errorTable[error.code];
  return {
    type: `urn:auditflow:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.code === "internal" ? "The server's log has more under this request id" : error.message,
    fix,
    instance: request.url,
    request_id: request.id,
    ...(error.faults.length > 0 ? { errors: [...error.faults] } : {}),
  };
}

const byFrameworkCode: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed_json",
};

function fromFramework(error: FastifyError): AuditFlowError {
  if (error.validation !== undefined) {
    return new AuditFlowError("invalid_request", error.message, { faults: faultsOf(error) });
  }
  const code =
    byFrameworkCode[error.code] ?? ((error.statusCode ?? 500) < 500 ? "invalid_request" : "internal");
  return new AuditFlowError(code, error.message, { cause: error });
}

function faultsOf(error: FastifyError): FieldFault[] {
  return (error.validation ?? []).map(({ instancePath, message, params }) => ({
    pointer: `/${error.validationContext ?? "body"}${instancePath}`,
    detail: `${message ?? "is not valid"}${allowedValues(params)}`,
  }));
}

function allowedValues(params: Record<string, unknown>): string {
  const { allowedValues: values } = params;
  return Array.isArray(values) ? `: ${values.join(", ")}` : "";
}

/** Which methods an address takes, for the difference between 404 and 405. */
function rememberRoutes(http: FastifyInstance): { methodsAt(url: string): string[] } {
  const known: { pattern: RegExp; methods: string[] }[] = [];
  http.addHook("onRoute", ({ url, method }) => {
    // The page's catch-all says of no address that it exists.
    if (url === "/*") return;
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, "[^/]+").replace(/\*$/, ".*")}/?$`);
    known.push({ pattern, methods: [method].flat() });
  });
  return {
    methodsAt: (url) => {
      const path = url.split("?")[0] ?? url;
      return [
        ...new Set(known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
      ];
    },
  };
}
