import { startDispatch } from "./dispatch.ts";
import { measureQuarantine } from "./measure-quarantine.ts";
import type { NotifyOptions } from "./notify-options.ts";
import { startRetention } from "./retention.ts";
import { alertHandler } from "./store-alerts.ts";
import { quarantineHandler } from "./store-quarantine.ts";
import { reportHandler } from "./store-reports.ts";

/** The group under which the service reads its topics, by convention its name. */
const group = "notification-service";

/** Alerts written in one transaction: large enough for the rate, small enough for the embedded database's one thread. */
const maxRecords = 5000;

/** How long a batch that is not full waits for more alerts, in milliseconds: a commit costs about as much. */
const linger = 5;

/** The service while it runs. */
export interface Notify {
  /** Tells channels at once what became due in the outbox. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Stores alerts, refused records and the services' reports: each alert id is one row with its highest revision,
 * acknowledged after the commit. Tells channels what is due in the outbox, and deletes what is too old. While the
 * database is down the work stays in the transport. `stop` waits for the batches and deliveries in hand.
 */
export function startNotify(options: NotifyOptions): Notify {
  const { transport } = options;
  const dispatch = startDispatch(options);
  const retention = startRetention({ ...options, days: options.retentionDays });
  const measuring = measureQuarantine(options);
  const subscriptions = [
    // Two at a time, so that one batch is validated while the other is written; revisions settle the order.
    transport.subscribe({
      topic: "alerts",
      group,
      maxRecords,
      linger,
      concurrency: 2,
      handler: alertHandler({ ...options, onDeliveries: () => dispatch.wake() }),
    }),
    transport.subscribe({ topic: "quarantine", group, maxRecords: 100, handler: quarantineHandler(options) }),
    transport.subscribe({ topic: "control", group, handler: reportHandler(options) }),
  ];
  return {
    wake: () => dispatch.wake(),
    stop: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      await Promise.all([dispatch.stop(), retention.stop(), measuring.stop()]);
    },
  };
}
