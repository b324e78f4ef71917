import type { Clock } from "../telemetry/clock.ts";

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() };
