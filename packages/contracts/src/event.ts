import Type from "typebox";
import { timestampPattern, uuidPattern } from "./formats.ts";

/** How bad the sender says an event is, from the least to the worst. */
export const eventSeverities = ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"] as const;

/** Where a record comes from, in the words of the Sigma taxonomy; rules are routed by it. */
export const Logsource = Type.Object(
  {
    product: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    category: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    service: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { $id: "Logsource", description: "Sigma logsource: a rule applies when every key it names is equal here" },
);
export type Logsource = Type.Static<typeof Logsource>;

/**
 * Audit event v1. Unknown top-level fields are kept. An object as the generator of the first AuditFlow
 * sent it is valid.
 */
export const AuditEvent = Type.Object(
  {
    event_id: Type.String({
      pattern: uuidPattern,
      description: "Identity of the event and key of de-duplication",
    }),
    timestamp: Type.String({
      pattern: timestampPattern,
      description: "When it happened: RFC 3339, written as UTC with milliseconds and Z",
    }),
    source_service: Type.String({ minLength: 1, maxLength: 256 }),
    server_hostname: Type.String({ minLength: 1, maxLength: 256 }),
    event_type: Type.String({ minLength: 1, maxLength: 256 }),
    severity: Type.Enum([...eventSeverities]),
    user_id: Type.String({ maxLength: 1024, description: "Who did it; empty when the record names nobody" }),
    action_result: Type.String({ maxLength: 256 }),
    client_ip: Type.Optional(Type.String({ maxLength: 256 })),
    resource: Type.Optional(Type.String({ maxLength: 8192 })),
    logsource: Type.Optional(Logsource),
    details: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "The original record's fields" }),
    ),
    raw: Type.Optional(
      Type.String({
        description:
          "The original text without its line end: always for text lines; for JSON when writing it again would change it",
      }),
    ),
    received_at: Type.Optional(
      Type.String({ pattern: timestampPattern, description: "When the gateway took it; set by intake" }),
    ),
    source: Type.Optional(
      Type.String({ maxLength: 4096, description: "Which intake brought it, such as http or a file's path" }),
    ),
    synthetic: Type.Optional(Type.Boolean({ description: "Made by the generator, not by the real world" })),
  },
  { $id: "AuditEvent", additionalProperties: true, description: "Audit event v1" },
);
export type AuditEvent = Type.Static<typeof AuditEvent>;
