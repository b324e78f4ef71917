import type { FastifyInstance } from "fastify";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
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
}
