import Type from "typebox";
import { alertStatuses } from "./alert-status.ts";
import { uuidPattern } from "./formats.ts";

/** Why an alert was closed. */
export const closeReasons = [
  "false_positive",
  "expected_activity",
  "duplicate",
  "accepted_risk",
  "handled",
  "other",
] as const;
export type CloseReason = (typeof closeReasons)[number];

const OptionalText = Type.Union([Type.String(), Type.Null()]);

/** What people decided about an alert. */
export const Triage = Type.Object({
  status: Type.Enum([...alertStatuses]),
  assignee: OptionalText,
  close_reason: Type.Union([Type.Enum([...closeReasons]), Type.Null()]),
  incident_id: OptionalText,
  version: Type.Integer({ minimum: 1, description: "Grows with each of these decisions" }),
});
export type Triage = Type.Static<typeof Triage>;

/** What can be done to alerts. */
export const alertActions = ["acknowledge", "resolve", "close", "reopen", "assign", "note"] as const;
export type AlertAction = (typeof alertActions)[number];

const actionFields = {
  action: Type.Enum([...alertActions]),
  reason: Type.Optional(
    Type.Enum([...closeReasons], { description: "Why it is closed: needed for `close`" }),
  ),
  assignee: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()], {
      description: "Who takes care of it, null for nobody: needed for `assign`",
    }),
  ),
  note: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4000, description: "Kept in the history: needed for `note`" }),
  ),
};

/** Body of `POST /api/v1/alerts/{alert_id}/actions` and `POST /api/v1/incidents/{incident_id}/actions`. */
export const ActionRequest = Type.Object(actionFields, { $id: "ActionRequest", additionalProperties: false });
export type ActionRequest = Type.Static<typeof ActionRequest>;

/** The alerts that a person saw: the same filter and span, when he saw them, and how many they were. */
export const BulkSelection = Type.Object(
  {
    filter: Type.Optional(Type.String({ maxLength: 2000 })),
    from: Type.Optional(Type.String({ format: "date-time" })),
    to: Type.Optional(Type.String({ format: "date-time" })),
    as_of: Type.String({
      format: "date-time",
      description: "`as_of` of the list: later alerts are left alone",
    }),
    expected_count: Type.Integer({
      minimum: 0,
      description: "How many match as far as the caller knows; another number: 409, and nothing is changed",
    }),
  },
  { additionalProperties: false },
);
export type BulkSelection = Type.Static<typeof BulkSelection>;

/** Body of `POST /api/v1/alerts/actions`: one of `alert_ids` and `selection`. */
export const BulkActionRequest = Type.Object(
  {
    ...actionFields,
    alert_ids: Type.Optional(
      Type.Array(Type.String({ pattern: uuidPattern }), { minItems: 1, maxItems: 1000 }),
    ),
    selection: Type.Optional(BulkSelection),
  },
  { $id: "BulkActionRequest", additionalProperties: false },
);
export type BulkActionRequest = Type.Static<typeof BulkActionRequest>;

/** Headers of every write about alerts and incidents: a request that is repeated with its key is answered again. */
export const WriteHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[ -~]{1,255}$",
      description:
        "The same key and request within 24 hours: the same answer, with `Idempotency-Replayed: true`; nothing is done again",
    }),
  ),
});

/** Headers of an action on one alert or incident. */
export const ActionHeaders = Type.Object({
  ...WriteHeaders.properties,
  "if-match": Type.Optional(
    Type.String({ maxLength: 1024, description: "The ETag of what was read: 412 when it was changed since" }),
  ),
});

/** What an action did; it is taken back by `POST /api/v1/operations/{operation_id}/undo`. */
export const Operation = Type.Object(
  {
    operation_id: Type.String(),
    action: Type.String(),
    who: Type.String(),
    at: Type.String(),
    matched: Type.Integer({
      minimum: 0,
      description: "Alerts that were meant and are there; of an undo, those that the operation had changed",
    }),
    changed: Type.Integer({
      minimum: 0,
      description:
        "Alerts that it changed; the others were so already, or the action is not for their status",
    }),
  },
  { $id: "Operation" },
);
export type Operation = Type.Static<typeof Operation>;

/** The address of one operation. */
export const OperationParams = Type.Object({ operation_id: Type.String({ pattern: uuidPattern }) });

const Decision = Type.Object({
  status: OptionalText,
  assignee: OptionalText,
  close_reason: OptionalText,
});

/** One thing that was done to an alert or incident. */
export const HistoryEntry = Type.Object({
  operation_id: Type.String(),
  at: Type.String(),
  who: Type.String(),
  action: Type.String(),
  from: Decision,
  to: Decision,
  note: OptionalText,
  version: Type.Integer(),
});
export type HistoryEntry = Type.Static<typeof HistoryEntry>;

/** All that was done to an alert or incident, oldest first. */
export const History = Type.Object({ history: Type.Array(HistoryEntry) }, { $id: "History" });
export type History = Type.Static<typeof History>;
