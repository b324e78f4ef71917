import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { AuditFlowError } from "@auditflow/contracts";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { uuidv7 } from "uuidv7";
import { answerError, problemMediaType, problemOf } from "./problem.ts";
import { answerHeaders } from "./security-headers.ts";

/** Answers what the router cannot read, such as `/%zz`: no hook has seen it, so the headers are put on here. */
export function answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of answerHeaders) reply.raw.setHeader(name, value);
  answerError(error, request, reply);
}

/** Answers, on the bare connection, a request that is no HTTP, too slow or too large at its head; then closes it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const problem = problemOf(clientError(error), { id: uuidv7() });
  const body = JSON.stringify(problem);
  // Nobody may be there to read it, and an answer can already be on its way.
  if (socket.writable && isSilent(socket)) {
    const headers = [
      ["content-type", problemMediaType],
      ["content-length", String(Buffer.byteLength(body))],
      ["connection", "close"],
      ...answerHeaders,
      ...(problem.status === 408 ? [["retry-after", "2"]] : []),
    ].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers.join("")}\r\n${body}`,
    );
  }
  socket.destroySoon();
}

/** Whether no answer has begun that this one would stand in the middle of. */
function isSilent(socket: Socket & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent !== true;
}

function clientError({ code, message }: NodeJS.ErrnoException): AuditFlowError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new AuditFlowError("request_timeout", "The request was not here whole in time");
  if (code === "HPE_HEADER_OVERFLOW")
    return new AuditFlowError("headers_too_large", "The head of the request is too large");
  return new AuditFlowError("invalid_request", `This is no HTTP request: ${message}`);
}
