import type { ActionRequest, AlertDetail, Operation } from "@auditflow/contracts";
import { useCallback, useState } from "react";
import { ProblemError } from "../client/call.ts";
import { type Decided, decide } from "../client/decide.ts";
import { problemWords } from "../client/problem-words.ts";
import { deedWords } from "../parts/triage-words.ts";
import { offerUndo, tell } from "./undo.ts";

/** Which alerts an action is for: those named, or all that a person saw the number of. */
export type Target =
  | { readonly alert_ids: readonly string[] }
  | {
      readonly selection: {
        readonly filter: string;
        readonly as_of: string;
        readonly expected_count: number;
      };
    };

/** Acts on several alerts at once, and says what came of it. */
export interface Decisions {
  readonly busy: boolean;
  /** Answers whether it was done; a refusal was said by then, and nothing was changed. */
  readonly act: (deed: ActionRequest, target: Target) => Promise<boolean>;
}

/** Acts on several alerts in one operation, which is offered to be undone. */
export function useDecisions(): Decisions {
  const [busy, setBusy] = useState(false);
  const act = useCallback(async (deed: ActionRequest, target: Target): Promise<boolean> => {
    setBusy(true);
    try {
      const { body } = await decide<Operation>("/api/v1/alerts/actions", { ...deed, ...target });
      const { operation_id: operationId, changed } = body;
      const words = deedWords(deed, body);
      if (changed === 0) tell(words, "done");
      else offerUndo({ operationId, words });
      return true;
    } catch (error) {
      tell(problemWords(error), "failed");
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, act };
}

/** Acts on one alert, and says what came of it. */
export interface OneDecision {
  readonly busy: boolean;
  readonly act: (deed: ActionRequest) => Promise<void>;
}

/** Acts on one alert as the page shows it; `read` fetches it anew. */
export function useOneDecision(seen: SeenAlert, read: () => Promise<SeenAlert>): OneDecision {
  const [busy, setBusy] = useState(false);
  const act = async (deed: ActionRequest): Promise<void> => {
    setBusy(true);
    try {
      const { body, operationId } = await actOnAlert(seen, deed, read);
      const changed = body.version === seen.version ? 0 : 1;
      const words = deedWords(deed, { matched: 1, changed });
      if (changed === 0 || operationId === undefined) tell(words, "done");
      else offerUndo({ operationId, words });
    } catch (error) {
      tell(problemWords(error), "failed");
      // What was seen is old: the next decision must rest on what is there now.
      await read().catch(() => undefined);
    } finally {
      setBusy(false);
    }
  };
  return { busy, act };
}

/** What identifies the state of an alert that a person decides about. */
export type SeenAlert = Pick<AlertDetail, "alert_id" | "revision" | "version">;

const mostTries = 3;

/**
 * Acts on one alert as it was seen. An alert that has only grown since is acted on all the same: what people decided
 * about it is what was seen.
 * @throws ProblemError 412 when somebody decided something meanwhile.
 */
async function actOnAlert(
  seen: SeenAlert,
  deed: ActionRequest,
  read: () => Promise<SeenAlert>,
): Promise<Decided<AlertDetail>> {
  const url = `/api/v1/alerts/${seen.alert_id}/actions`;
  let { revision } = seen;
  for (let tries = 1; ; tries += 1) {
    try {
      return await decide<AlertDetail>(url, deed, { ifMatch: `"${revision}.${seen.version}"` });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 412 || tries === mostTries) throw error;
      const now = await read();
      if (now.version !== seen.version) throw error;
      revision = now.revision;
    }
  }
}
