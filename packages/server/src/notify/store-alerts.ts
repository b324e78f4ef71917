import { storeAlerts } from "../alerts/store-alerts.ts";
import type { Handler, Verdict } from "../transport/transport.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** What the handler is made with. */
export interface AlertHandlerOptions
  extends Pick<NotifyOptions, "database" | "clock" | "observe" | "log" | "newId" | "baseUrl"> {
  /** Called when deliveries became due. */
  readonly onDeliveries: () => void;
}

/**
 * Makes the handler of the topic `alerts`: stores a batch in one transaction. What cannot be an alert, what the
 * database refuses and what contradicts the stored revision go to quarantine; everything else is acknowledged once
 * committed. Rejects with `database_unavailable` when the batch has to come again.
 */
export function alertHandler(options: AlertHandlerOptions): Handler {
  const { database, clock, observe, log, newId, baseUrl, onDeliveries } = options;
  return async ({ records }) => {
    const storing = { now: clock.now(), newId, baseUrl, notify: true };
    const { stored, unchanged, refused, deliveries } = await storeAlerts(database, records, storing);
    if (deliveries > 0) onDeliveries();
    if (stored > 0) observe.stored(stored);
    if (unchanged > 0) {
      observe.duplicates(unchanged);
      log.debug(
        { "event.name": "alerts.unchanged", alerts: unchanged },
        "alerts came that were stored already",
      );
    }
    const verdicts = new Map<number, Verdict>(
      refused.map(({ index, code, reason }) => [index, { quarantine: code, reason }]),
    );
    for (const [code, some] of Map.groupBy(refused, ({ code }) => code))
      observe.quarantined(code, some.length);
    return records.map((_, index) => verdicts.get(index) ?? "ack");
  };
}
