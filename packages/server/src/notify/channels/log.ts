import Type from "typebox";
import { everyLine } from "../../telemetry/every-line.ts";
import { boundedSender } from "./bounded-sender.ts";
import { channelKind } from "./channel-kind.ts";
import { incidentLink } from "./notice-facts.ts";
import { oneLine } from "./notice-text.ts";

const fieldLimit = 256;
const hidden =
  "The log level hides notices, which are written at info; set AUDITFLOW_LOG_LEVEL to info or lower.";

/** Writes the notice as one line of the service's own log, for whoever collects that already. */
export const log = channelKind({
  settings: Type.Object({}, { additionalProperties: false }),
  secrets: [],
  describe: () => "the log of notification-service",
  create: (_settings, surroundings) =>
    boundedSender(surroundings, [], async (notice) => {
      if (!surroundings.log.isLevelEnabled("info")) return { outcome: "rejected", detail: hidden };
      const { incident } = notice;
      const line = (text: string): string => oneLine(text, fieldLimit);
      const fields = {
        "event.name": "notice",
        notice_type: notice.type,
        delivery_id: notice.delivery_id,
        incident_id: incident.incident_id,
        incident_severity: incident.severity,
        title: line(incident.title),
        rule_id: line(incident.rule_id),
        actor: line(incident.actor),
        resource: line(incident.resource),
        host: line(incident.host),
        alert_count: incident.alert_count,
        first_seen: incident.first_seen,
        last_seen: incident.last_seen,
        url: incidentLink(notice),
        [everyLine]: true,
      };
      surroundings.log.info(fields, "notice");
      return { outcome: "delivered", detail: "Written to the log." };
    }),
});
