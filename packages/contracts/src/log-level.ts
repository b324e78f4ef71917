import Type from "typebox";
import { logLevels } from "./log-line.ts";
import { services } from "./topics.ts";

/** The modules whose level can be set apart: the folders of the program that write lines. */
export const logModules = [
  "api",
  "app",
  "detect",
  "generate",
  "ingest",
  "notify",
  "transport",
  "windows",
] as const;
export type LogModule = (typeof logModules)[number];

const Level = Type.Enum([...logLevels]);

/** How long a level holds before the one before it comes back: `90s`, `10m` or `2h`. */
const For = Type.String({
  pattern: "^[1-9]\\d{0,5}[smh]$",
  description: "Such as 90s, 10m or 2h; at most 24h",
});

const longestFor = 24 * 3_600_000;
const unitMilliseconds: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds that a `for` such as `90s`, `10m` or `2h` means; undefined when it is none, or more than 24 h. */
export function forMilliseconds(text: string): number | undefined {
  const [, count = "", unit = ""] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (unitMilliseconds[unit] ?? 0);
  return milliseconds > 0 && milliseconds <= longestFor ? milliseconds : undefined;
}

/** Body of `PUT /api/v1/services/{service}/log-level`. */
export const LogLevelChange = Type.Object(
  {
    level: Level,
    module: Type.Optional(
      Type.Enum([...logModules], { description: "Only this part; left out: everything" }),
    ),
    for: Type.Optional(For),
  },
  { $id: "LogLevelChange", additionalProperties: false },
);
export type LogLevelChange = Type.Static<typeof LogLevelChange>;

/** Whose level is meant: one service, on all its replicas, or every service. */
export const LogLevelParams = Type.Object({ service: Type.Enum([...services, "all"]) });
export type LogLevelParams = Type.Static<typeof LogLevelParams>;

/** What one process logs now. */
export const ProcessLogLevel = Type.Object({
  instance: Type.String({ description: "The process, as `service.instance.id` in its log" }),
  services: Type.Array(Type.Enum([...services]), { description: "What runs in it" }),
  level: Level,
  modules: Type.Record(Type.String(), Level, { description: "Modules with a level of their own" }),
  reverts_at: Type.Optional(Type.String({ description: "When the next of these levels ends, RFC 3339" })),
});
export type ProcessLogLevel = Type.Static<typeof ProcessLogLevel>;

/** A process that was expected to answer and did not. */
export const SilentProcess = Type.Object({
  services: Type.Array(Type.Enum([...services])),
  instance: Type.Optional(Type.String()),
  reason: Type.String({ description: "In words, with what to do" }),
});
export type SilentProcess = Type.Static<typeof SilentProcess>;

/** Answer to GET and PUT of a log level: every process that told its level, after the change. */
export const LogLevels = Type.Object(
  {
    processes: Type.Array(ProcessLogLevel),
    silent: Type.Array(SilentProcess, {
      description: "Known processes without an answer, in which nothing may have changed",
    }),
  },
  { $id: "LogLevels" },
);
export type LogLevels = Type.Static<typeof LogLevels>;

/**
 * To every process of the service, on the topic `commands`: tell your level, after changing it where `change` is given.
 * One that comes twice is obeyed once.
 */
export const LogLevelCommand = Type.Object(
  {
    kind: Type.Literal("log_level"),
    command_id: Type.String(),
    service: Type.Enum([...services, "all"]),
    change: Type.Optional(LogLevelChange),
  },
  { $id: "LogLevelCommand" },
);
export type LogLevelCommand = Type.Static<typeof LogLevelCommand>;

/** The answer of one process to a command, on the same topic. */
export const LogLevelAnswer = Type.Object(
  { kind: Type.Literal("log_level_answer"), command_id: Type.String(), process: ProcessLogLevel },
  { $id: "LogLevelAnswer" },
);
export type LogLevelAnswer = Type.Static<typeof LogLevelAnswer>;
