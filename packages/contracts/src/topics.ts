import Type from "typebox";

/**
 * What travels between the services. On RabbitMQ a topic is a routing key of the exchange `auditflow`, and each
 * group of readers has its quorum queue `auditflow.<topic>.<group>`; for a broadcast see `isBroadcast`.
 */
export const topics = ["events", "alerts", "quarantine", "control", "commands"] as const;
export type Topic = (typeof topics)[number];

/**
 * Whether every process gets every record of the topic that is published while it listens. Such a topic keeps nothing,
 * has no group and no quarantine: a record of a kind that a process does not know is ignored by it.
 */
export function isBroadcast(topic: string): boolean {
  return topic === "commands";
}

/** The exchange and the prefix of every queue we own. */
export const exchangeName = "auditflow";

/** The queue of the first AuditFlow, declared durable and without arguments, as its services declare it. */
export const legacyEventsQueue = "audit_events";

/** The names of the services, which are also the groups that share a topic's records. */
export const services = [
  "audit-event-generator",
  "audit-event-gateway",
  "audit-log-analysis",
  "audit-event-archive",
  "notification-service",
  "event-audit-dashboard",
] as const;
export type Service = (typeof services)[number];

/**
 * Which services share the records of a topic. Every process declares all of it, so that no record waits for a reader's
 * first start. A broadcast is read by every process, each from a queue of its own that ends with its connection.
 */
export const topology: Readonly<Record<Topic, readonly Service[]>> = {
  events: ["audit-log-analysis"],
  alerts: ["notification-service"],
  quarantine: ["notification-service"],
  control: ["notification-service"],
  commands: [],
};

/** A record that was refused: kept whole, with the reason, so that it can be repaired and replayed. */
export const QuarantinedRecord = Type.Object(
  {
    quarantine_id: Type.String(),
    quarantined_at: Type.String({ description: "RFC 3339, UTC, milliseconds, Z" }),
    topic: Type.String({ description: "The topic or queue it came by" }),
    group: Type.String({ description: "The service that refused it" }),
    code: Type.String({ description: "A code of the error table" }),
    reason: Type.String(),
    encoding: Type.Enum(["json", "base64"], {
      description: "json: body is the record's JSON text; base64: its bytes",
    }),
    body: Type.String(),
    size_bytes: Type.Integer({ minimum: 0, description: "Size of the refused record in bytes" }),
  },
  { $id: "QuarantinedRecord", description: "A refused record with the reason" },
);
export type QuarantinedRecord = Type.Static<typeof QuarantinedRecord>;

/** The rules that a process of detection works with. */
export const RuleSetState = Type.Object({
  version: Type.String({
    description:
      "8 hex digits over what the rules say: equal in processes with equal rules, whatever their files",
  }),
  rules: Type.Integer({ minimum: 0, description: "How many are in force" }),
  problems: Type.Integer({
    minimum: 0,
    description: "Faults in the rule files: what is in force is not what the files say",
  }),
  suspended: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: "Of those in force, how many are not evaluated because they used up their time",
    }),
  ),
  since: Type.String({ description: "When this state began, RFC 3339, UTC, milliseconds, Z" }),
});
export type RuleSetState = Type.Static<typeof RuleSetState>;

/** What one process did since its report before: published on the topic `control` every two seconds. */
export const ServiceReport = Type.Object(
  {
    report_id: Type.String({ description: "Identity of the report and key of de-duplication" }),
    instance: Type.String({ description: "The process that reports" }),
    services: Type.Array(Type.Enum([...services]), { description: "What runs in it" }),
    version: Type.String(),
    from: Type.String({ description: "RFC 3339, UTC, milliseconds, Z" }),
    to: Type.String({ description: "RFC 3339, UTC, milliseconds, Z" }),
    generated: Type.Integer({ minimum: 0, description: "Synthetic events published" }),
    accepted: Type.Integer({ minimum: 0, description: "Events that intake handed to the transport" }),
    evaluated: Type.Integer({ minimum: 0, description: "Events that went through the rules" }),
    rule_set: Type.Optional(RuleSetState),
  },
  { $id: "ServiceReport", description: "What one process did since its last report" },
);
export type ServiceReport = Type.Static<typeof ServiceReport>;
