import { AuditFlowError } from "@auditflow/contracts";
import type { Server, ServerRequest } from "./connect-server.ts";

/**
 * What the generator answers.
 * @throws AuditFlowError as `Server.ask`; where there is no generator the sentence says how to start one.
 */
export async function askGenerator<T>(server: Server, path: string, request?: ServerRequest): Promise<T> {
  try {
    return await server.ask<T>(`/api/v1/generator/${path}`, request);
  } catch (error) {
    if (!(error instanceof AuditFlowError) || !error.message.includes("No /api/v1/generator/")) throw error;
    const next = `start it with "auditflow serve audit-event-generator", or name its address with --url`;
    throw new AuditFlowError("not_found", `No audit-event-generator runs at ${server.url}: ${next}`, {
      cause: error,
    });
  }
}
