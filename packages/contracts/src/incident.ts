import Type from "typebox";
import { alertSeverities } from "./alert-severity.ts";
import { alertStatuses } from "./alert-status.ts";
import { AlertSummary } from "./api.ts";
import { uuidPattern } from "./formats.ts";

/** Alerts with one fingerprint (rule, actor, resource, or as the rule says), as people handle them. */
export const Incident = Type.Object(
  {
    incident_id: Type.String(),
    title: Type.String({ description: "The name of the alert that opened it" }),
    status: Type.Enum([...alertStatuses], {
      description: "The least settled of its alerts' statuses: open before acknowledged, resolved, closed",
    }),
    severity: Type.Enum([...alertSeverities], { description: "The highest of its alerts" }),
    rule_id: Type.String(),
    rule_name: Type.String(),
    alert_count: Type.Integer({ minimum: 0 }),
    first_seen: Type.String({ description: "Event time, RFC 3339" }),
    last_seen: Type.String({ description: "Event time, RFC 3339" }),
    opened_at: Type.String({ description: "When it was opened, RFC 3339" }),
    takes_alerts: Type.Boolean({ description: "Whether a new alert with its fingerprint joins it" }),
    opened_by: AlertSummary,
  },
  { $id: "Incident" },
);
export type Incident = Type.Static<typeof Incident>;

/** Query of `GET /api/v1/incidents`: those opened last come first. */
export const IncidentListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  status: Type.Optional(
    Type.Array(Type.Enum([...alertStatuses]), {
      description: "Only these; several times, or separated by commas",
    }),
  ),
  filter: Type.Optional(
    Type.String({ maxLength: 2000, description: "Filter language: incidents with an alert that matches" }),
  ),
});
export type IncidentListQuery = Type.Static<typeof IncidentListQuery>;

/** One page of incidents. */
export const IncidentList = Type.Object(
  {
    incidents: Type.Array(Incident),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "Cursor of the next page, null on the last",
    }),
  },
  { $id: "IncidentList" },
);
export type IncidentList = Type.Static<typeof IncidentList>;

/** The address of one incident. */
export const IncidentParams = Type.Object({ incident_id: Type.String({ pattern: uuidPattern }) });
