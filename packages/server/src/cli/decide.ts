import {
  type ActionRequest,
  type AlertAction,
  AuditFlowError,
  type CloseReason,
  closeReasons,
  type HistoryEntry,
} from "@auditflow/contracts";
import { type Command, Option } from "commander";
import { uuidv7 } from "uuidv7";
import { refusalOf, type Server, type ServerOptions, unreachable } from "./connect-server.ts";
import { printable } from "./printable.ts";

/** What every decision of the command line can be given. */
export interface DecisionOptions extends ServerOptions {
  readonly reason?: CloseReason;
  readonly assignee?: string;
  readonly nobody?: true;
  readonly note?: string;
  readonly json: boolean;
}

/** A command that decides: its name, the API's name for it, and what it is for. */
export interface ActionCommand {
  readonly name: string;
  readonly action: AlertAction;
  readonly does: string;
  /** What an example needs to be complete. */
  readonly needs: string;
}

/** The actions as the command line calls them. */
export const actionCommands: readonly ActionCommand[] = [
  { name: "ack", action: "acknowledge", does: "acknowledge: somebody looks at it", needs: "" },
  { name: "resolve", action: "resolve", does: "resolve: the cause is gone", needs: "" },
  { name: "close", action: "close", does: "close, with a reason", needs: " --reason false_positive" },
  { name: "reopen", action: "reopen", does: "open what was acknowledged, resolved or closed", needs: "" },
  { name: "assign", action: "assign", does: "say who takes care of it", needs: " --assignee alice" },
  { name: "note", action: "note", does: "write a note into the history", needs: ' --note "seen before"' },
];

/** Adds what an action needs and may have. */
export function addDecisionOptions(command: Command, action: AlertAction): Command {
  if (action === "close") {
    const reason = new Option("--reason <reason>", "why it is closed").choices(closeReasons);
    command.addOption(reason.makeOptionMandatory());
  }
  if (action === "assign") {
    command
      .addOption(new Option("--assignee <name>", "who takes care of it").conflicts("nobody"))
      .option("--nobody", "nobody takes care of it any more");
  }
  const note = new Option("--note <text>", "kept in the history");
  return command.addOption(action === "note" ? note.makeOptionMandatory() : note);
}

/**
 * The action that the options name.
 * @throws AuditFlowError invalid_config when nobody is named to assign to.
 */
export function decisionOf(action: AlertAction, options: DecisionOptions): ActionRequest {
  const { reason, assignee, nobody, note } = options;
  if (action === "assign" && assignee === undefined && nobody === undefined) {
    throw new AuditFlowError("invalid_config", "Name who takes care of it with --assignee, or say --nobody");
  }
  return {
    action,
    ...(reason === undefined ? {} : { reason }),
    ...(action === "assign" ? { assignee: assignee ?? null } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

/** What a write answered, and the operation by which it can be undone. */
export interface Written<T> {
  readonly answer: T;
  readonly operationId: string | undefined;
}

/** How long a decision about many alerts may take, in milliseconds. */
const deadlineMs = 60_000;

/**
 * Sends a decision. When the outcome of the first try is not known it is sent again, under the same key, so that it is
 * done once.
 * @throws AuditFlowError as `Server.ask`.
 */
export async function write<T>(server: Server, path: string, body?: object): Promise<Written<T>> {
  const headers = { "idempotency-key": uuidv7() };
  const once = async (): Promise<Written<T>> => {
    const signal = AbortSignal.timeout(deadlineMs);
    const request = { method: "POST" as const, headers, signal, ...(body === undefined ? {} : { body }) };
    const response = await server.fetch(path, request).catch((error: unknown) => {
      throw unreachable(server.url, error);
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok || answer === undefined) throw refusalOf(answer, response);
    return { answer: answer as T, operationId: response.headers.get("operation-id") ?? undefined };
  };
  return await once().catch((error: unknown) => {
    if (error instanceof AuditFlowError && error.retryable) return once();
    throw error;
  });
}

/** A history as rows of a table: when, what, from where to where, who, and the note. */
export function historyRows(history: readonly HistoryEntry[]): string[][] {
  return history.map(({ at, action, who, note, ...entry }) => [
    at,
    printable(action),
    printable(changeInWords(entry)),
    printable(who),
    printable(note ?? ""),
  ]);
}

/** The titles of `historyRows`. */
export const historyTitles = ["AT", "ACTION", "CHANGE", "WHO", "NOTE"] as const;

function changeInWords({ from, to }: Pick<HistoryEntry, "from" | "to">): string {
  const changes = [
    from.status === to.status ? "" : `${from.status ?? "new"} -> ${to.status ?? "?"}`,
    from.assignee === to.assignee ? "" : `${from.assignee ?? "nobody"} -> ${to.assignee ?? "nobody"}`,
    from.close_reason === to.close_reason || to.close_reason === null ? "" : `(${to.close_reason})`,
  ];
  return changes.filter((change) => change !== "").join(" ") || "-";
}
