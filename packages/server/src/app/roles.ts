import { alertsRoutes } from "../api/alerts-routes.ts";
import { quarantineRoutes } from "../api/quarantine-routes.ts";
import { startDetect } from "../detect/detect.ts";
import { startGateway } from "../ingest/gateway.ts";
import { startNotify } from "../notify/notify.ts";
import type { Resources, Stoppable } from "./resources.ts";
import type { RoleName } from "./role-table.ts";

/** How each service starts, given what its row of the role table asks for. */
export const startRole: Readonly<Record<RoleName, (resources: Resources) => Promise<Stoppable> | Stoppable>> =
  {
    "audit-event-gateway": ({ http, transport, clock, log, metrics }) =>
      startGateway({
        http,
        transport,
        clock,
        log: log.child({ role: "audit-event-gateway" }),
        observe: {
          accepted: (n) => metrics.eventsAccepted.inc(n),
          rejected: (code, n) => metrics.eventsRejected.inc({ code }, n),
          legacyTimestamps: (n) => metrics.legacyTimestamps.inc(n),
        },
      }),
    "audit-log-analysis": ({ transport, windows, clock, log, metrics, config }) =>
      startDetect({
        transport,
        windows,
        clock,
        metrics,
        log: log.child({ role: "audit-log-analysis" }),
        folders: config.rules,
      }),
    "notification-service": ({ http, transport, database, clock, log, metrics }) => {
      alertsRoutes(http, { database });
      quarantineRoutes(http, { database });
      return startNotify({
        transport,
        database,
        clock,
        log: log.child({ role: "notification-service" }),
        observe: {
          stored: (n) => metrics.alertsStored.inc(n),
          duplicates: (n) => metrics.alertsDuplicate.inc(n),
          // The transport counts what it puts into quarantine, for every service.
          quarantined: () => undefined,
        },
      });
    },
  };
