import { setTimeout as sleep } from "node:timers/promises";
import { AuditFlowError } from "@auditflow/contracts";

/** The longest a caller of `publish`, or a call to the server, waits for its answer, in milliseconds. */
export const callDeadlineMs = 10_000;

/** Settles as `work` does, or rejects with `transport_unavailable` when `ms` milliseconds pass first. */
export async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AuditFlowError("transport_unavailable", `${what}: no answer within ${ms} ms`)),
    ms,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms` milliseconds, or at once when the signal is or becomes aborted. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
