/** How bad an alert is, from the least to the worst. */
export const alertSeverities = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
export type AlertSeverity = (typeof alertSeverities)[number];
