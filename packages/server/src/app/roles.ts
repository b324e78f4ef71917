import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { alertStream } from "../api/alert-stream.ts";
import { alertsRoutes } from "../api/alerts-routes.ts";
import { channelsRoutes } from "../api/channels-routes.ts";
import { commandsRoutes } from "../api/commands-routes.ts";
import { deliveriesRoutes } from "../api/deliveries-routes.ts";
import { exportRoutes } from "../api/export-routes.ts";
import { incidentsRoutes } from "../api/incidents-routes.ts";
import { pageRoutes } from "../api/page-routes.ts";
import { quarantineRoutes } from "../api/quarantine-routes.ts";
import { countedMark } from "../api/rate-limit.ts";
import { rulesRoutes } from "../api/rules-routes.ts";
import { servicesRoutes } from "../api/services-routes.ts";
import { triageRoutes } from "../api/triage-routes.ts";
import { startDetect } from "../detect/detect.ts";
import { startGenerator } from "../generate/generator.ts";
import { startGateway } from "../ingest/gateway.ts";
import { channelDesk } from "../notify/channel-desk.ts";
import { startNotify } from "../notify/notify.ts";
import { upstreamSettingOf } from "./config.ts";
import { pageFolder } from "./page-folder.ts";
import type { Resources, Stoppable } from "./resources.ts";
import { type RoleName, roleNames } from "./role-table.ts";
import { systemTiming } from "./system-clock.ts";
import { watchFolders } from "./watch-folders.ts";

/** How each service starts, given what its row of the role table asks for. */
export const startRole: Readonly<Record<RoleName, (resources: Resources) => Promise<Stoppable> | Stoppable>> =
  {
    "audit-event-generator": ({ http, transport, clock, log, metrics, config }) =>
      startGenerator({
        http,
        transport,
        clock,
        log: log.child({ module: "generate" }),
        demo: config.demo,
        observe: {
          generated: (n) => metrics.eventsGenerated.inc(n),
          skipped: (n) => metrics.eventsSkipped.inc(n),
        },
      }),
    "audit-event-gateway": ({ http, transport, clock, log, metrics }) =>
      startGateway({
        http,
        transport,
        clock,
        log: log.child({ module: "ingest" }),
        observe: {
          received: (n) => metrics.eventsReceived.inc(n),
          accepted: (n) => metrics.eventsAccepted.inc(n),
          rejected: (reason, n) => metrics.eventsRejected.inc({ reason }, n),
          legacyTimestamps: (n) => metrics.legacyTimestamps.inc(n),
        },
      }),
    "audit-log-analysis": ({ http, transport, windows, clock, log, metrics, config, ruleSet, rules }) => {
      rulesRoutes(http, rules);
      return startDetect({
        transport,
        windows,
        clock,
        metrics,
        log: log.child({ module: "detect" }),
        timing: systemTiming,
        folders: config.rules,
        watchFolders,
        onRuleSet: (state) => ruleSet.post(state),
        serveRules: (source) => rules.serve(source),
      });
    },
    "notification-service": (resources) => startNotificationService(resources),
    "event-audit-dashboard": async ({ http, config, log, logLevels, sessions, tracer }) => {
      if (roleNames.some((role) => !config.roles.includes(role))) {
        // 10 MiB of proxy, which a process with every service has no use for.
        const { frontDoor } = await import("../api/front-door.ts");
        const { logLevelStandIn } = await import("../api/log-level-stand-in.ts");
        const isCounted = config.apiToken !== undefined && config.rateLimit > 0;
        frontDoor(http, {
          ...{ upstreams: config.upstreams, local: config.roles, settingOf: upstreamSettingOf },
          countedMark: isCounted ? countedMark(config.apiToken) : undefined,
          trace: tracer && (() => tracer.active()),
          standIn: logLevelStandIn({ ...config, token: config.apiToken, sessions, log }, logLevels),
        });
      }
      pageRoutes(http, { folder: pageFolder });
      return { stop: async () => undefined };
    },
  };

/** The routes of the service and the stage behind them. */
function startNotificationService(resources: Resources): Stoppable {
  const { http, transport, database, clock, metrics, config } = resources;
  const log = resources.log.child({ module: "notify" });
  const { smtpUrl, baseUrl, allowedReceivers, retentionDays } = config;
  const receivers = { allowedReceivers, ...(smtpUrl === undefined ? {} : { smtpUrl }) };
  const telling = { clock, log, newId: uuidv7, random: Math.random, receivers, baseUrl };
  const notify = startNotify({
    ...{ ...telling, transport, database, retentionDays, tracer: resources.tracer },
    observe: {
      wrote: (alerts, seconds) => {
        metrics.batchSize.observe(alerts);
        metrics.batchDuration.observe(seconds);
      },
      quarantineHolds: (records) => metrics.quarantineSize.set(records),
      stored: (n) => metrics.alertsStored.inc(n),
      duplicates: (n) => metrics.alertsDuplicate.inc(n),
      // The transport counts what it puts into quarantine, for every service.
      quarantined: () => undefined,
      tried: (channel, outcome) => metrics.notifications.inc({ channel, outcome }),
    },
  });
  alertsRoutes(http, { database, clock });
  exportRoutes(http, { database, clock });
  alertStream(http, { database, clock });
  triageRoutes(http, { database, clock });
  incidentsRoutes(http, { database, clock });
  channelsRoutes(http, {
    database,
    clock,
    log,
    newId: uuidv7,
    desk: channelDesk({ ...telling, randomBytes }),
  });
  deliveriesRoutes(http, { database, clock, wake: () => notify.wake() });
  servicesRoutes(http, { database, clock });
  commandsRoutes(http, { link: resources.commands, transport });
  quarantineRoutes(http, { database });
  return notify;
}
