import { cpus, totalmem } from "node:os";

/** One number that the documentation claims, as it was measured. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  /** How much of the goal was reached; 1 and above is met, whichever direction is good. */
  readonly ratio: number;
  readonly met: boolean;
}

/** What was measured, before it is judged. */
export type Measured = Pick<Goal, "name" | "value" | "unit" | "goal">;

/** A goal that is met by at least so much. */
export function atLeast({ name, value, unit, goal }: Measured): Goal {
  return { name, value: round(value), unit, goal, ratio: round(value / goal), met: value >= goal };
}

/** A goal that is met by at most so much. */
export function atMost({ name, value, unit, goal }: Measured): Goal {
  return { name, value: round(value), unit, goal, ratio: round(goal / value), met: value <= goal };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Prints the goals, as a table or as one line of JSON, and tells whether all are met. */
export function report(goals: readonly Goal[], json: boolean): boolean {
  for (const { name, value, unit, goal, ratio, met } of goals) {
    process.stdout.write(
      `${met ? "met   " : "MISSED"} ${name}: ${value} ${unit} (goal ${goal}, ratio ${ratio})\n`,
    );
  }
  if (json) process.stdout.write(`${JSON.stringify({ machine: machine(), goals })}\n`);
  return goals.every(({ met }) => met);
}

function machine(): Record<string, unknown> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: process.platform,
  };
}
