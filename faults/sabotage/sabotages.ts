import type { CaseLine } from "../run-case.ts";

/** A way to break a promise on purpose: a module that is loaded before the product, which itself is not touched. */
export interface Sabotage {
  /** What is broken, in words. */
  readonly breaks: string;
  /** The cases that must see it. */
  readonly red: readonly string[];
  /** What a problem says that is the trace of it, where no number tells. */
  readonly trace?: RegExp;
}

/** Every sabotage; the name is that of its module in this folder. */
export const sabotages: Readonly<Record<string, Sabotage>> = {
  "ack-early": {
    breaks: "messages are acknowledged on receipt, before their work is done",
    red: ["F02", "F03"],
  },
  "skip-confirm": {
    breaks: "a record counts as published before the broker confirmed it",
    red: ["F05"],
  },
  "reuse-id": {
    breaks: "every twentieth id of an alert is one that was given out before",
    red: ["F01", "F24"],
    trace: /conflicting_alert/,
  },
};

/** Whether the judge saw what the sabotage did: a case that fails for another reason, such as a late start, shows nothing. */
export function sawSabotage({ trace }: Sabotage, line: CaseLine): boolean {
  const { lost, doubled, unexpected, corrupted, problems } = line;
  if (lost + doubled + unexpected + corrupted > 0) return true;
  return trace !== undefined && problems.some((problem) => trace.test(problem));
}
