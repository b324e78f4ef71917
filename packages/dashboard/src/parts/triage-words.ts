import type { ActionRequest, AlertAction, Operation } from "@auditflow/contracts";

const done: Readonly<Record<AlertAction, string>> = {
  acknowledge: "Acknowledged",
  resolve: "Resolved",
  close: "Closed",
  reopen: "Reopened",
  assign: "Assigned",
  note: "Noted on",
};

/** What an action did, in a sentence with both numbers where they differ. */
export function deedWords(
  deed: Pick<ActionRequest, "action" | "assignee">,
  { matched, changed }: Pick<Operation, "matched" | "changed">,
): string {
  if (matched === 0) return "Nothing was done: those alerts are not there, or became part of others";
  if (changed === 0) return `Nothing was done: ${same(matched)}`;
  const words = `${verb(deed)} ${alerts(changed)}${ending(deed)}`;
  const left = matched - changed;
  return left === 0 ? words : `${words}; ${left.toLocaleString("en-GB")} stay as they were`;
}

function same(matched: number): string {
  return matched === 1
    ? "the alert is so already, or in no status for it"
    : "they are so already, or in no status for it";
}

function verb({ action, assignee }: Pick<ActionRequest, "action" | "assignee">): string {
  return action === "assign" && assignee === null ? "Took everybody off" : done[action];
}

function ending({ action, assignee }: Pick<ActionRequest, "action" | "assignee">): string {
  return action === "assign" && typeof assignee === "string" ? ` to ${assignee}` : "";
}

function alerts(count: number): string {
  return count === 1 ? "1 alert" : `${count.toLocaleString("en-GB")} alerts`;
}
