import { AuditFlowError, type ErrorCode, type IntakeResult, type Problem } from "@auditflow/contracts";
import { refusalOf, type Server, unreachable } from "./connect-server.ts";

/** What came of a request: an answer, or why there is none and whether trying again can help. */
export type PostOutcome =
  | IntakeResult
  | { readonly again: boolean; readonly why: string; readonly code: ErrorCode };

/** Sends events once, as the JSON text of an array; waits at most so many milliseconds for the answer. Never rejects. */
export async function postEvents(server: Server, body: string, milliseconds = 30_000): Promise<PostOutcome> {
  try {
    const signal = AbortSignal.timeout(milliseconds);
    const response = await server.fetch("/api/v1/events", { method: "POST", body, signal });
    const answer = (await response.json()) as IntakeResult | Problem;
    if ("items" in answer) return answer;
    const again = response.status === 503 || response.status === 429;
    const { message, code } = refusalOf(answer, response);
    return { again, why: message, code };
  } catch (error) {
    const { message, code } = unreachable(server.url, error);
    return { again: !(error instanceof AuditFlowError), why: message, code };
  }
}
