import { type AlertAction, type AlertStatus, alertStatuses } from "@auditflow/contracts";

/** What an action does to the status of an alert. */
export interface Transition {
  /** The statuses it leads away from. */
  readonly from: readonly AlertStatus[];
  /** The status it leads to; undefined: it leaves the status as it is. */
  readonly to: AlertStatus | undefined;
}

/** The life of an alert: which action leads from where to where. */
export const transitions: Readonly<Record<AlertAction, Transition>> = {
  acknowledge: { from: ["open"], to: "acknowledged" },
  resolve: { from: ["open", "acknowledged"], to: "resolved" },
  close: { from: ["open", "acknowledged", "resolved"], to: "closed" },
  reopen: { from: ["acknowledged", "resolved", "closed"], to: "open" },
  assign: { from: alertStatuses, to: undefined },
  note: { from: alertStatuses, to: undefined },
};

/** Whether an action can be asked for in a status: it leads away from there, or there is where it leads. */
export function isAllowed(action: AlertAction, status: AlertStatus): boolean {
  const { from, to } = transitions[action];
  return from.includes(status) || status === to;
}

/** Why an action is not allowed, and from where it is, in a sentence. */
export function refusalOf(action: AlertAction, subject: string, status: AlertStatus): string {
  return `${subject} is ${status}; ${action} is for what is ${transitions[action].from.join(" or ")}`;
}
