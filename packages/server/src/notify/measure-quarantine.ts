import { setTimeout as delay } from "node:timers/promises";
import { countQuarantined } from "../alerts/quarantine.ts";
import type { NotifyOptions } from "./notify-options.ts";

const lookEvery = 10_000;

/** Tells the observer every 10 s how many refused records are kept. While the database is down it tells nothing. */
export function measureQuarantine(options: Pick<NotifyOptions, "database" | "observe">): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const running = measure(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function measure(
  { database, observe }: Pick<NotifyOptions, "database" | "observe">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const held = await countQuarantined(database.reader).catch(() => undefined);
    if (held !== undefined) observe.quarantineHolds(held);
    await delay(lookEvery, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
