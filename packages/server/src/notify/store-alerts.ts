import { failpoint } from "#failpoint";
import { storeAlerts } from "../alerts/store-alerts.ts";
import { everyLine } from "../telemetry/every-line.ts";
import { inSpan } from "../telemetry/trace.ts";
import type { Handler, Verdict } from "../transport/transport.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** What the handler is made with. */
export interface AlertHandlerOptions
  extends Pick<NotifyOptions, "database" | "clock" | "observe" | "log" | "newId" | "baseUrl" | "tracer"> {
  /** Called when deliveries became due. */
  readonly onDeliveries: () => void;
}

/**
 * Makes the handler of the topic `alerts`: stores a batch in one transaction. What cannot be an alert, what the
 * database refuses and what contradicts the stored revision go to quarantine; everything else is acknowledged once
 * committed. Rejects with `database_unavailable` when the batch has to come again.
 */
export function alertHandler(options: AlertHandlerOptions): Handler {
  const { database, clock, observe, log, newId, baseUrl, tracer, onDeliveries } = options;
  return async ({ records, traces }) => {
    const began = clock.now();
    const storing = { now: began, newId, baseUrl, notify: true, traces };
    const { stored, unchanged, refused, deliveries } = await inWriteSpan(
      { tracer, database, alerts: records.length },
      () => storeAlerts(database, records, storing),
    );
    const duration_ms = Math.max(0, clock.now() - began);
    observe.wrote(records.length, duration_ms / 1000);
    const counts = { records: records.length, stored, unchanged, refused: refused.length, deliveries };
    log.debug(
      { "event.name": "alerts.batch", ...counts, duration_ms, [everyLine]: true },
      "a batch of alerts was stored",
    );
    await failpoint("notify.committed", records);
    if (deliveries > 0) onDeliveries();
    if (stored > 0) observe.stored(stored);
    if (unchanged > 0) observe.duplicates(unchanged);
    const verdicts = new Map<number, Verdict>(
      refused.map(({ index, code, reason }) => [index, { quarantine: code, reason }]),
    );
    for (const [code, some] of Map.groupBy(refused, ({ code }) => code))
      observe.quarantined(code, some.length);
    return records.map((_, index) => verdicts.get(index) ?? "ack");
  };
}

interface WriteSpan extends Pick<AlertHandlerOptions, "tracer" | "database"> {
  readonly alerts: number;
}

/** What the write of a batch takes, in the span that handles the batch. */
async function inWriteSpan<R>({ tracer, database, alerts }: WriteSpan, write: () => Promise<R>): Promise<R> {
  const parent = tracer?.active();
  if (tracer === undefined || parent === undefined) return await write();
  const system = database.health().name;
  const span = tracer.start("write alerts", {
    kind: "client",
    parent,
    attributes: {
      "db.system.name": system === "postgres" ? "postgresql" : system,
      "db.operation.name": "upsert",
      "db.collection.name": "alerts",
      "db.operation.batch.size": alerts,
    },
  });
  return await inSpan(tracer, span, write);
}
