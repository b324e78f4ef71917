import { setTimeout as delay } from "node:timers/promises";
import { AuditFlowError } from "@auditflow/contracts";
import { deleteExpired } from "../alerts/retention.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** How often it is looked for what is too old, in milliseconds. */
const lookEvery = 60 * 60 * 1000;

/** How soon again after the database was down, in milliseconds. */
const tryEvery = 60 * 1000;

/** What retention is started with. */
export interface RetentionOptions extends Pick<NotifyOptions, "database" | "clock" | "log"> {
  /** How many days alerts and what belongs to them are kept; 0: for ever. */
  readonly days: number;
}

/** Deletes, every hour, what was stored more than so many days ago. `stop` waits for the transaction in hand. */
export function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = options.days === 0 ? Promise.resolve() : run(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function run(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = await once(options, signal);
    await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** One look; resolves to the milliseconds until the next. */
async function once({ database, clock, log, days }: RetentionOptions, signal: AbortSignal): Promise<number> {
  const now = clock.now();
  try {
    const deleted = await deleteExpired(database, { before: now - days * 24 * 60 * 60 * 1000, now, signal });
    if (Object.values(deleted).some((n) => n > 0)) {
      log.info(
        { "event.name": "retention.deleted", days, ...deleted },
        "what was older than the retention was deleted",
      );
    }
    return lookEvery;
  } catch (error) {
    const isDown = error instanceof AuditFlowError && error.retryable;
    if (!isDown) log.error({ "event.name": "retention.failed", error }, "old alerts could not be deleted");
    return tryEvery;
  }
}
