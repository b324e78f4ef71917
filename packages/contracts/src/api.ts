import Type from "typebox";
import { Alert, alertSeverities } from "./alert.ts";
import { uuidPattern } from "./formats.ts";
import { QuarantinedRecord } from "./topics.ts";

/** RFC 9457 problem details; `type` is `urn:auditflow:error:<code>`, described in docs/reference/errors.md. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    fix: Type.String(),
    instance: Type.Optional(Type.String()),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { $id: "Problem" },
);
export type Problem = Type.Static<typeof Problem>;

/** What became of one event of a request. */
export const IntakeItem = Type.Object({
  index: Type.Integer({ minimum: 0, description: "Position in the request, from 0" }),
  status: Type.Enum(["accepted", "rejected"]),
  event_id: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
});
export type IntakeItem = Type.Static<typeof IntakeItem>;

/** Answer to `POST /api/v1/events`: 202 when the transport owns every accepted event. */
export const IntakeResult = Type.Object(
  {
    accepted: Type.Integer({ minimum: 0 }),
    rejected: Type.Integer({ minimum: 0 }),
    items: Type.Array(IntakeItem),
  },
  { $id: "IntakeResult" },
);
export type IntakeResult = Type.Static<typeof IntakeResult>;

/** What a list shows of an alert; the heavy parts are in the detail only. */
export const AlertSummary = Type.Object(
  {
    ...Type.Pick(Alert, [
      "alert_id",
      "timestamp",
      "alert_name",
      "alert_type",
      "severity",
      "description",
      "triggered_by",
      "impacted_resource",
      "count",
      "first_event_at",
      "last_event_at",
      "revision",
      "merged_into",
    ]).properties,
    rule_id: Type.String(),
    rule_name: Type.String(),
  },
  { $id: "AlertSummary" },
);
export type AlertSummary = Type.Static<typeof AlertSummary>;

/** Query of `GET /api/v1/alerts`: newest first, pages by an opaque cursor (`Link: rel="next"`, RFC 8288). */
export const AlertListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
  severity: Type.Optional(Type.Enum([...alertSeverities])),
  merged: Type.Optional(
    Type.Boolean({ default: false, description: "true also lists alerts that became part of another" }),
  ),
});
export type AlertListQuery = Type.Static<typeof AlertListQuery>;

/** One page of alerts, newest first. */
export const AlertList = Type.Object(
  {
    alerts: Type.Array(AlertSummary),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "Cursor of the next page, null on the last",
    }),
  },
  { $id: "AlertList" },
);
export type AlertList = Type.Static<typeof AlertList>;

/** The address of one alert. */
export const AlertParams = Type.Object({ alert_id: Type.String({ pattern: uuidPattern }) });

/** One page of refused records, newest first. */
export const QuarantineList = Type.Object(
  {
    records: Type.Array(QuarantinedRecord),
    next: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: "QuarantineList" },
);
export type QuarantineList = Type.Static<typeof QuarantineList>;

/** What each route asks of its caller, weakest first; a stronger access includes the weaker ones. */
export const accesses = ["public", "viewer", "sender", "operator", "admin"] as const;
export type Access = (typeof accesses)[number];

/** Limits of intake, the same over HTTP and over queues. */
export const limits = {
  eventBytes: 256 * 1024,
  jsonDepth: 64,
  batchEvents: 1000,
  batchBytes: 4 * 1024 * 1024,
} as const;
