import type { RuleSetState } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "./clock.ts";

/** Where detection posts the rules that it works with, and whoever tells others of them reads it. */
export interface RuleSetBoard {
  /** From now on these hold. */
  post(state: Omit<RuleSetState, "since">): void;
  /** What was posted last, the same object until the next post; undefined in a process without detection. */
  read(): RuleSetState | undefined;
}

/** Makes an empty one. */
export function ruleSetBoard(clock: Clock): RuleSetBoard {
  let posted: RuleSetState | undefined;
  return {
    post: (state) => {
      posted = { ...state, since: formatTimestamp(clock.now()) };
    },
    read: () => posted,
  };
}
