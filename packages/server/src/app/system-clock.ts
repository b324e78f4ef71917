import type { RuleTiming } from "../detect/rule-budget.ts";
import type { Clock } from "../telemetry/clock.ts";

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() };

/** What rules are timed by: the machine's steady clock, and what this thread has used of a processor. */
export const systemTiming: RuleTiming = {
  now: () => performance.now(),
  // Some kernels count in steps of milliseconds: too much once, nothing the next time, right in the long run.
  processorTime: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};
