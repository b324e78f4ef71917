/** How far people are with an alert, in the order of its life; a reopened one is `open` again. */
export const alertStatuses = ["open", "acknowledged", "resolved", "closed"] as const;
export type AlertStatus = (typeof alertStatuses)[number];
