import type { AlertStatus, HistoryEntry } from "@auditflow/contracts";
import { Text } from "@mantine/core";
import { Section } from "./facts.tsx";
import { reasonWords, statusLooks } from "./status.tsx";
import "./triage-history.css";
import { Time } from "./time.tsx";
import { UndoLink } from "./undo-link.tsx";

interface HistoryProps {
  readonly entries: readonly HistoryEntry[];
  /** Takes back what was done last; left out: the page offers no such thing. */
  readonly undo?: (operationId: string) => void;
}

/** How a caller who has no name of his own is told of. */
const ways: Readonly<Record<string, string>> = {
  anonymous: "without signing in",
  session: "by somebody signed in",
};

/** What people did to an alert or incident, and who, when and why, the latest first. */
export function TriageHistory({ entries, undo }: HistoryProps) {
  const last = entries.at(-1);
  return (
    <Section title="History">
      {entries.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody has done anything about it yet.
        </Text>
      ) : (
        <ol className="triage-history">
          {entries.toReversed().map((entry) => (
            <li key={`${entry.operation_id} ${entry.version}`}>
              <Entry entry={entry} />
              {undo === undefined || entry !== last || entry.action === "undo" ? null : (
                <UndoLink operationId={entry.operation_id} undo={undo} />
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Entry({ entry }: { readonly entry: HistoryEntry }) {
  const { who, at, note } = entry;
  return (
    <div className="triage-entry">
      <Text size="sm">
        <strong>{entryWords(entry)}</strong>
        <Text span size="sm" c="dimmed">
          {" "}
          {ways[who] ?? `by ${who}`}, <Time at={at} />
        </Text>
      </Text>
      {note === null ? null : (
        <Text size="sm" className="triage-note">
          {note}
        </Text>
      )}
    </div>
  );
}

const words: Readonly<Record<string, string>> = {
  acknowledge: "Acknowledged",
  resolve: "Resolved",
  open: "Opened",
  escalate: "Became worse",
  reopen: "Reopened",
  note: "Note",
  undo: "Undone",
};

/** One thing that was done, in a few words: who it was assigned to, why it was closed, what an undo led back to. */
export function entryWords({ action, to, from }: Pick<HistoryEntry, "action" | "from" | "to">): string {
  if (action === "close")
    return to.close_reason === null ? "Closed" : `Closed: ${reasonWords(to.close_reason).toLowerCase()}`;
  if (action === "assign")
    return to.assignee === null ? `Taken off ${from.assignee ?? "nobody"}` : `Assigned to ${to.assignee}`;
  const word = words[action] ?? action;
  if (action !== "undo" || to.status === null) return word;
  return `${word}: ${(statusLooks[to.status as AlertStatus]?.word ?? to.status).toLowerCase()} again`;
}
