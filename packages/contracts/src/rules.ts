import Type from "typebox";
import { SilentProcess } from "./log-level.ts";
import { services } from "./topics.ts";

const Count = Type.Integer({ minimum: 0 });

/** A fault of a rule file: what, where, and what to do about it. */
export const RuleFault = Type.Object(
  {
    file: Type.String({ description: "A file, or a folder that cannot be read" }),
    line: Type.Integer({ minimum: 0, description: "0: the file as a whole" }),
    column: Type.Integer({ minimum: 0 }),
    field: Type.String({
      description: "Path of the field, such as `detection.selection.user|re`; may be empty",
    }),
    message: Type.String(),
  },
  { $id: "RuleFault" },
);
export type RuleFault = Type.Static<typeof RuleFault>;

/** So many faults of one replica are told, the first; `problem_count` counts them all. */
export const mostRuleFaults = 100;

/** What one process of detection has in force, and what is wrong with its files. */
export const RuleReplica = Type.Object(
  {
    instance: Type.String({ description: "The process, as `service.instance.id` in its log" }),
    version: Type.String({
      description:
        "8 hex digits over what the rules say: equal in processes with equal rules, whatever their files",
    }),
    since: Type.String({ description: "When this state began, RFC 3339, UTC, milliseconds, Z" }),
    rules: Type.Integer({ minimum: 0, description: "How many are in force" }),
    refused: Type.Boolean({
      description:
        "The files as they were last read were refused whole: what was in force before them still is",
    }),
    problems: Type.Array(RuleFault, {
      maxItems: mostRuleFaults,
      description: "Faults of the files as they were last read, the first hundred",
    }),
    problem_count: Type.Integer({ minimum: 0, description: "All of these faults" }),
    suspended: Type.Array(Type.String(), {
      description: "Ids of the rules that are not evaluated because they used up their time",
    }),
  },
  { $id: "RuleReplica" },
);
export type RuleReplica = Type.Static<typeof RuleReplica>;

const counts = {
  matches: Type.Integer({
    minimum: 0,
    description:
      "Of a detection rule: the events that matched. Of a correlation rule: what reached it from the rules that it " +
      "counts, with what is late, skipped or a duplicate",
  }),
  alerts: Type.Integer({ minimum: 0, description: "Alerts begun here; an alert that grows is one" }),
  late: Type.Integer({
    minimum: 0,
    description: "Not counted by the correlation rule: later than its lateness",
  }),
  skipped: Type.Integer({
    minimum: 0,
    description:
      "Not counted by the correlation rule for another reason, such as a field of its group that is missing",
  }),
  duplicates: Type.Integer({ minimum: 0, description: "Counted by the correlation rule before, once" }),
  suppressed: Type.Integer({
    minimum: 0,
    description:
      "Episodes of the correlation rule that ended untold, because an alert before them suppressed them",
  }),
};

/** What one process has seen of a rule since it started, or since the rule came to it. */
export const RuleCounters = Type.Object(
  { instance: Type.String({ description: "As in `replicas`" }), ...counts },
  { $id: "RuleCounters" },
);
export type RuleCounters = Type.Static<typeof RuleCounters>;

/** A rule in force. */
export const ListedRule = Type.Object(
  {
    rule_id: Type.String(),
    title: Type.String(),
    kind: Type.Enum(["detection", "correlation"]),
    type: Type.Optional(Type.String({ description: "Of a correlation rule, such as `event_count`" })),
    level: Type.Enum(["informational", "low", "medium", "high", "critical"]),
    status: Type.Optional(Type.String({ description: "As the rule says, such as `stable`" })),
    version: Type.String({ description: "8 hex digits over what decides a match; alerts name it" }),
    file: Type.String(),
    line: Type.Integer({ minimum: 0 }),
    author: Type.Optional(Type.String()),
    tags: Type.Array(Type.String()),
    suspended: Type.Boolean({ description: "In one replica at least, see `replicas`" }),
    counters: Type.Array(RuleCounters, {
      description: "Of each replica that has counted anything; any other has zeros",
    }),
  },
  { $id: "ListedRule" },
);
export type ListedRule = Type.Static<typeof ListedRule>;

/**
 * Answer to `GET /api/v1/rules`: all replicas of detection that answered, and the rules in force in the one that was
 * asked. A replica with another `version` has others, of which only the counters of common rules are told.
 */
export const RuleList = Type.Object(
  {
    replicas: Type.Array(RuleReplica, { description: "By name" }),
    rules: Type.Array(ListedRule, { description: "In the order of their files" }),
    silent: Type.Array(SilentProcess, { description: "Known replicas without an answer" }),
  },
  { $id: "RuleList" },
);
export type RuleList = Type.Static<typeof RuleList>;

/** Which rule is meant, by its id. */
export const RuleParams = Type.Object({ rule_id: Type.String() });
export type RuleParams = Type.Static<typeof RuleParams>;

/** Answer to `GET /api/v1/rules/{rule_id}`: what a rule says, as it is in force in the process that was asked. */
export const RuleDetail = Type.Object(
  {
    rule_id: Type.String(),
    title: Type.String(),
    version: Type.String({ description: "As in the list" }),
    description: Type.Optional(Type.String()),
    references: Type.Array(Type.String()),
    text: Type.String({
      description: "The YAML of the rule as it was written: of a file with several documents its own",
    }),
  },
  { $id: "RuleDetail" },
);
export type RuleDetail = Type.Static<typeof RuleDetail>;

/**
 * What came of looking at the files: `complete` they are in force, without a fault; `partial` they are in force, and some
 * have the faults that they had before; `refused` they brought a fault, so the set from before stays, all of it;
 * `unchanged` they say what is in force.
 */
export const ruleReloadOutcomes = ["complete", "partial", "refused", "unchanged"] as const;
export type RuleReloadOutcome = (typeof ruleReloadOutcomes)[number];

/** What came of a reload in one process. */
export const ReloadedReplica = Type.Object(
  { ...RuleReplica.properties, outcome: Type.Enum([...ruleReloadOutcomes]) },
  { $id: "ReloadedReplica" },
);
export type ReloadedReplica = Type.Static<typeof ReloadedReplica>;

/** Answer to `POST /api/v1/rules/reload`: what came of it in every replica, and which did not say. */
export const RuleReload = Type.Object(
  {
    replicas: Type.Array(ReloadedReplica, { description: "By name" }),
    silent: Type.Array(SilentProcess, {
      description: "Known replicas without an answer, in which nothing may have changed",
    }),
  },
  { $id: "RuleReload" },
);
export type RuleReload = Type.Static<typeof RuleReload>;

/**
 * To every process of detection, on the topic `commands`: tell of your rules, after looking at their files where that is
 * asked. One that comes twice is obeyed once.
 */
export const RuleCommand = Type.Object(
  {
    kind: Type.Literal("rules"),
    command_id: Type.String(),
    action: Type.Enum(["tell", "reload"]),
  },
  { $id: "RuleCommand" },
);
export type RuleCommand = Type.Static<typeof RuleCommand>;

/** Counters of one rule; those that are 0 are left out. */
export const RuleTally = Type.Object(
  {
    rule_id: Type.String(),
    ...{ matches: Type.Optional(Count), alerts: Type.Optional(Count), late: Type.Optional(Count) },
    ...{ skipped: Type.Optional(Count), duplicates: Type.Optional(Count), suppressed: Type.Optional(Count) },
  },
  { $id: "RuleTally" },
);
export type RuleTally = Type.Static<typeof RuleTally>;

/** So many rules of one replica are told of with their counters at most, those with the most matches. */
export const mostRuleTallies = 5_000;

/** The answer of one process of detection to a command, on the same topic; after a reload with its outcome. */
export const RuleAnswer = Type.Object(
  {
    kind: Type.Literal("rules_answer"),
    command_id: Type.String(),
    replica: RuleReplica,
    outcome: Type.Optional(Type.Enum([...ruleReloadOutcomes])),
    tallies: Type.Optional(Type.Array(RuleTally, { maxItems: mostRuleTallies })),
  },
  { $id: "RuleAnswer" },
);
export type RuleAnswer = Type.Static<typeof RuleAnswer>;

/**
 * What notification-service, which has the reports of all processes, adds to the answers: which processes of detection
 * reported themselves lately and should answer. Whoever asks can name those that do not.
 */
export const RuleAnswerersKnown = Type.Object(
  {
    kind: Type.Literal("rules_known"),
    command_id: Type.String(),
    processes: Type.Array(
      Type.Object({ instance: Type.String(), services: Type.Array(Type.Enum([...services])) }),
    ),
  },
  { $id: "RuleAnswerersKnown" },
);
export type RuleAnswerersKnown = Type.Static<typeof RuleAnswerersKnown>;
