import type { NotifyOptions } from "./notify-options.ts";
import { alertHandler } from "./store-alerts.ts";
import { quarantineHandler } from "./store-quarantine.ts";
import { reportHandler } from "./store-reports.ts";

/** The group under which the service reads its topics, by convention its name. */
const group = "notification-service";

/** Alerts written in one statement: large enough for the rate, small enough for the embedded database's one thread. */
const maxRecords = 1000;

/**
 * Stores alerts, refused records and the services' reports: each alert id is one row with its highest revision,
 * acknowledged after the commit. While the database is down the work stays in the transport. `stop` waits for the batches in hand.
 */
export function startNotify(options: NotifyOptions): { stop(): Promise<void> } {
  const { transport } = options;
  const subscriptions = [
    // Two at a time, so that one batch is validated while the other is written; revisions settle the order.
    transport.subscribe({
      topic: "alerts",
      group,
      maxRecords,
      concurrency: 2,
      handler: alertHandler(options),
    }),
    transport.subscribe({ topic: "quarantine", group, maxRecords: 100, handler: quarantineHandler(options) }),
    transport.subscribe({ topic: "control", group, handler: reportHandler(options) }),
  ];
  return {
    stop: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    },
  };
}
