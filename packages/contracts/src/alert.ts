import Type from "typebox";
import { alertSeverities } from "./alert-severity.ts";
import { AuditEvent } from "./event.ts";
import { timestampPattern, uuidPattern } from "./formats.ts";

const Uuid = Type.String({ pattern: uuidPattern });
const Timestamp = Type.String({ pattern: timestampPattern });

/** What, beside the rule, two alerts can have in common that makes them one incident. */
export const incidentParts = ["actor", "address", "resource", "host"] as const;
export type IncidentPart = (typeof incidentParts)[number];

/** The rule that fired, with the author, whom the Detection Rule License asks to be named with a match. */
export const AnalysisRule = Type.Object({
  rule_id: Type.String({ minLength: 1 }),
  rule_name: Type.String(),
  rule_description: Type.Optional(Type.String()),
  version: Type.String({ description: "First 8 hex digits of SHA-256 over what decides a match" }),
  author: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
  references: Type.Array(Type.String()),
  incident_by: Type.Optional(
    Type.Array(Type.Enum([...incidentParts]), {
      description: "What beside the rule makes its alerts one incident; left out: actor and resource",
    }),
  ),
});
export type AnalysisRule = Type.Static<typeof AnalysisRule>;

/** One reason why the rule matched: the selection, the field and the value found in it. */
export const MatchedField = Type.Object({
  selection: Type.String(),
  field: Type.Union([Type.String(), Type.Null()], { description: "null for a keyword search" }),
  value: Type.Unknown(),
});
export type MatchedField = Type.Static<typeof MatchedField>;

/** Alert v1: one match of a rule, or one episode of a correlation rule. */
export const Alert = Type.Object(
  {
    alert_id: Uuid,
    correlation_id: Uuid,
    timestamp: Type.String({ pattern: timestampPattern, description: "Event time of the first firing" }),
    alert_name: Type.String(),
    alert_type: Type.String({ description: "Machine word for the rule: its Sigma name, else its id" }),
    severity: Type.Enum([...alertSeverities]),
    description: Type.String(),
    source_service_name: Type.String(),
    analysis_rule: AnalysisRule,
    triggered_by: Type.Object({
      actor_type: Type.String(),
      actor_id: Type.String(),
      client_ip: Type.Optional(Type.String()),
    }),
    impacted_resource: Type.Object({
      resource_type: Type.String(),
      resource_id: Type.String(),
      server_hostname: Type.String(),
    }),
    action_observed: Type.String(),
    evidence: Type.Array(Uuid, {
      maxItems: 100,
      description: "Ids of the events it rests on, the first 100",
    }),
    count: Type.Integer({ minimum: 1, description: "Distinct events it covers" }),
    first_event_at: Timestamp,
    last_event_at: Timestamp,
    revision: Type.Integer({ minimum: 1, description: "Grows with each update of a growing alert" }),
    merged_into: Type.Optional(
      Type.String({ pattern: uuidPattern, description: "The alert that this one turned out to be part of" }),
    ),
    matched: Type.Array(MatchedField),
    raw_event_data: Type.Union([AuditEvent, Type.Null()], {
      description:
        "The event that fired it, or, where that was not at hand any more when it was decided, another of its group",
    }),
    metadata: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "Alert", additionalProperties: true, description: "Alert v1" },
);
export type Alert = Type.Static<typeof Alert>;
