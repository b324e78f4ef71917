import type { HistoryEntry } from "@auditflow/contracts";

/**
 * The history of an incident with the words that its own lines lack: to whom it was assigned and why it was closed
 * stand in the lines of its alerts, of which one is enough, for each operation did the same to all.
 */
export function withOutcomes(
  incident: readonly HistoryEntry[],
  alert: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  const byOperation = new Map(alert.map((entry) => [entry.operation_id, entry]));
  return incident.map((entry) => {
    const same = byOperation.get(entry.operation_id);
    const { assignee, close_reason } = entry.to;
    if (same !== undefined && assignee === null && close_reason === null) {
      const { from, to } = same;
      return {
        ...entry,
        from: { ...from, status: entry.from.status },
        to: { ...to, status: entry.to.status },
      };
    }
    // The alert had that assignee already: whose it became is not known here.
    return entry.action === "assign" && assignee === null ? { ...entry, action: "Assigned" } : entry;
  });
}
