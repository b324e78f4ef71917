import Type from "typebox";

/** Every level, from the most talkative to the most silent. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** OpenTelemetry's severity numbers (logs data model, "Severity fields"). */
export const severityNumbers: Readonly<Record<LogLevel, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** An error as a log shows it: one field, never several lines of text. */
export const LoggedError = Type.Object(
  {
    type: Type.String({ description: "The class of the error" }),
    message: Type.String(),
    code: Type.Optional(Type.String({ description: "A code of the error table, or the system's" })),
    stack: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type LoggedError = Type.Static<typeof LoggedError>;

/** One line of a service's log: a JSON object. What varies is in further fields, flat, with names of snake case or dots. */
export const LogLine = Type.Object(
  {
    timestamp: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" }),
    severity_text: Type.Enum(logLevels.map((level) => level.toUpperCase())),
    severity_number: Type.Integer({ minimum: 1, maximum: 24 }),
    body: Type.String({ minLength: 1, description: "A constant text: what happened" }),
    "event.name": Type.String({
      pattern: "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$",
      description: "The machine's word for the line, such as dependency.down",
    }),
    "service.name": Type.String({ minLength: 1 }),
    "service.version": Type.String({ minLength: 1 }),
    "service.instance.id": Type.String({ minLength: 1, description: "Tells the replicas apart" }),
    module: Type.Optional(
      Type.String({ description: "The part of the program; levels can be set for each" }),
    ),
    trace_id: Type.Optional(Type.String({ pattern: "^[0-9a-f]{32}$" })),
    span_id: Type.Optional(Type.String({ pattern: "^[0-9a-f]{16}$" })),
    repeated: Type.Optional(
      Type.Integer({ minimum: 1, description: "How many more lines like this one were left out since it" }),
    ),
    error: Type.Optional(LoggedError),
  },
  {
    $id: "LogLine",
    additionalProperties: true,
    description: "One line of a service's log",
  },
);
export type LogLine = Type.Static<typeof LogLine>;
