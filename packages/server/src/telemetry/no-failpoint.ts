/** The places where a fault can be put, in the order in which an event passes them. */
export type FailpointName =
  | "gateway.confirmed"
  | "transport.received"
  | "detect.stepped"
  | "detect.committed"
  | "detect.confirmed"
  | "alerts.committing"
  | "notify.committed"
  | "notify.sent"
  | "database.migrating";

/**
 * Whether `AUDITFLOW_FAILPOINT` is heeded: only where the import condition `auditflow-faults` puts `testing/failpoint.ts`
 * in the place of this file.
 */
export const heedsFailpoints: boolean = false;

/**
 * Marks a place where a test can kill the process, throw or wait; `about` is what is in hand. Here it does nothing
 * and returns undefined. To be called once a batch, never once a record.
 */
export function failpoint(_name: FailpointName, _about?: unknown): Promise<void> | undefined {
  return undefined;
}
