import Type from "typebox";
import { LogLevelAnswer, LogLevelCommand } from "./log-level.ts";
import { RuleAnswer, RuleAnswerersKnown, RuleCommand } from "./rules.ts";

/** What travels on the topic `commands`. A message of any other kind is ignored, so that a newer process may send it. */
export const ControlMessage = Type.Union(
  [LogLevelCommand, LogLevelAnswer, RuleCommand, RuleAnswer, RuleAnswerersKnown],
  { $id: "ControlMessage" },
);
export type ControlMessage = Type.Static<typeof ControlMessage>;
