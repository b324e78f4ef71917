import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AuditEvent } from "@auditflow/contracts";

/** A request that the server has begun to read and cannot answer yet. */
export interface HalfRequest {
  /** Sends what is missing and resolves to the status of the answer; rejects when there is none. */
  finish(): Promise<number>;
}

/** Begins to send events to intake, and holds back the end of the body; resolves once the server has the head. */
export async function halfRequest(url: string, events: readonly AuditEvent[]): Promise<HalfRequest> {
  const body = JSON.stringify(events);
  const length = String(Buffer.byteLength(body));
  // The server says when it has the head: only then is the request under way.
  const headers = { "content-type": "application/json", "content-length": length, expect: "100-continue" };
  const request = httpRequest(`${url}/api/v1/events`, { method: "POST", headers });
  const answer = once(request, "response") as Promise<[IncomingMessage]>;
  answer.catch(() => undefined);
  request.flushHeaders();
  await once(request, "continue");
  request.on("error", () => undefined);
  request.write(body.slice(0, 10));
  return {
    finish: async () => {
      request.end(body.slice(10));
      const [{ statusCode = 0 }] = await answer;
      return statusCode;
    },
  };
}
