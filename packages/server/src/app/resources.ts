import type { FastifyInstance } from "fastify";
import type { LogLevelAsker } from "../api/log-level-routes.ts";
import type { Sessions } from "../api/session.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { CommandLink } from "../telemetry/command-link.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { RuleDesk } from "../telemetry/rule-desk.ts";
import type { RuleSetBoard } from "../telemetry/rule-set-board.ts";
import type { Tracer } from "../telemetry/trace.ts";
import type { Config } from "./config.ts";
import type { Connected } from "./connect.ts";

/** Something that runs until it is told to stop; stopping twice is the same as once. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** What a role is started with. A role uses only the needs its row names; the others are absent. */
export interface Resources extends Connected {
  readonly config: Config;
  readonly http: FastifyInstance;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Makes the role's spans; absent without tracing. */
  readonly tracer?: Tracer;
  /** What the processes tell each other. */
  readonly commands: CommandLink;
  readonly logLevels: LogLevelAsker;
  /** Where all replicas of detection are asked for their rules, and where this one answers. */
  readonly rules: RuleDesk;
  /** Where the rules in force are told, for the reports of the process. */
  readonly ruleSet: RuleSetBoard;
  /** What the cookies of the page are checked by; undefined without a token. */
  readonly sessions?: Sessions | undefined;
}
