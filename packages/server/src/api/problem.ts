import {
  AuditFlowError,
  type ErrorCode,
  errorTable,
  type FieldFault,
  type Problem,
  problemType,
} from "@auditflow/contracts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addressBook } from "./address-book.ts";

/** The media type of every refusal. */
export const problemMediaType = "application/problem+json";

/** Seconds after which a caller should try again when outside trouble refused the call. */
const retryAfterSeconds = 2;

/** Makes every answer of 400 and above an RFC 9457 problem, those of the framework too. */
export function answerProblems(http: FastifyInstance): void {
  const addresses = addressBook(http);
  http.setErrorHandler(answerError);
  http.setNotFoundHandler((request, reply) => {
    const methods = addresses.methodsAt(request.url);
    // A route that covers many addresses may know this one is none of them.
    const isNowhere = methods.length === 0 || methods.includes(request.method);
    if (isNowhere && request.method !== "TRACE")
      return send(new AuditFlowError("not_found", `No ${request.url} here`), request, reply);
    reply.header("allow", methods.join(", "));
    const taken = methods.length === 0 ? "no method is" : `${methods.join(", ")} is`;
    const detail = `${request.method} is not taken here; ${taken}`;
    return send(new AuditFlowError("method_not_allowed", detail), request, reply);
  });
}

/** Answers a request with what went wrong; a fault of ours is logged and tells nothing of the inside. */
export function answerError(
  error: FastifyError | AuditFlowError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = error instanceof AuditFlowError ? error : fromFramework(error);
  if (known.code === "internal")
    request.log.error({ "event.name": "http.failed", error }, "a request failed");
  return send(known, request, reply);
}

function send(error: AuditFlowError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // A rate limit knows the time better.
  if (error.retryable && !reply.hasHeader("retry-after"))
    reply.header("retry-after", String(retryAfterSeconds));
  if (error.code === "unauthorized") reply.header("www-authenticate", "Bearer");
  return reply
    .code(error.status)
    .type(problemMediaType)
    .send(problemOf(error, { id: request.id, url: request.url }));
}

/** What a refusal says. The request id is that of the log; a request that was never understood has no address. */
export function problemOf(error: AuditFlowError, request: { id: string; url?: string }): Problem {
  const { status, title, fix } = errorTable[error.code];
  return {
    type: problemType(error.code),
    title,
    status,
    code: error.code,
    detail: error.code === "internal" ? "The server's log has more under this request id" : error.message,
    fix,
    ...(request.url === undefined ? {} : { instance: request.url }),
    request_id: request.id,
    ...(error.faults.length > 0 ? { errors: [...error.faults] } : {}),
  };
}

const byFrameworkCode: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed_json",
  // A name longer than any that exists.
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
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
