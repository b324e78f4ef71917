import Type from "typebox";
import { alertSeverities } from "./alert-severity.ts";
import { alertStatuses } from "./alert-status.ts";
import { AlertSummary } from "./api.ts";
import { timestampPattern, uuidPattern } from "./formats.ts";

/** Why people are told: an incident began, it got worse, or somebody tries a channel out. */
export const noticeTypes = ["incident.opened", "incident.escalated", "test"] as const;
export type NoticeType = (typeof noticeTypes)[number];

const Timestamp = Type.String({ pattern: timestampPattern });

/** The incident as it was when the notice was made. */
export const NoticeIncident = Type.Object({
  incident_id: Type.String({ pattern: uuidPattern }),
  title: Type.String(),
  severity: Type.Enum([...alertSeverities], { description: "The highest of its alerts" }),
  status: Type.Enum([...alertStatuses]),
  rule_id: Type.String(),
  rule_name: Type.String(),
  actor: Type.String({ description: "Who did it; empty when not known" }),
  resource: Type.String({ description: "What it was done to; empty when not known" }),
  host: Type.String({ description: "Where it was done; empty when not known" }),
  alert_count: Type.Integer({ minimum: 0 }),
  first_seen: Timestamp,
  last_seen: Timestamp,
  url: Type.Optional(Type.String({ description: "Its page, for people" })),
});
export type NoticeIncident = Type.Static<typeof NoticeIncident>;

/**
 * What a channel tells, and the body of a webhook: under 20 kB, and the same bytes on each try of one delivery. Longer
 * text is cut and ends in an ellipsis.
 */
export const Notice = Type.Object(
  {
    type: Type.Enum([...noticeTypes]),
    delivery_id: Type.String({
      pattern: uuidPattern,
      description: "The same on each try: receivers drop what they have seen",
    }),
    incident: NoticeIncident,
    alert: Type.Union([AlertSummary, Type.Null()], { description: "The alert that caused it" }),
  },
  { $id: "Notice", description: "What a channel tells about an incident" },
);
export type Notice = Type.Static<typeof Notice>;
