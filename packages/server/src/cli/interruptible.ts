import { AuditFlowError } from "@auditflow/contracts";

/**
 * Does work that cleans up behind itself when its signal is aborted, which SIGINT and SIGTERM do.
 * @throws AuditFlowError draining when it was interrupted.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new AuditFlowError("draining", "Interrupted; nothing was left behind", { cause: error });
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
