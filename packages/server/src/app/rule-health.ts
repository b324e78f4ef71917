import type { WatchedDependency } from "../telemetry/health.ts";
import type { RuleSetBoard } from "../telemetry/rule-set-board.ts";

/** What the rules say for themselves on `/healthz`: nothing, but that some are suspended while that is so. */
export function ruleHealth({ read }: Pick<RuleSetBoard, "read">): readonly WatchedDependency[] {
  const { suspended = 0, since = "" } = read() ?? {};
  if (suspended === 0) return [];
  const which = suspended === 1 ? "1 rule is suspended" : `${suspended} rules are suspended`;
  const last_error = `${which} for taking too much time; log lines and alerts, rule.suspended, say which`;
  return [{ need: "rules", health: () => ({ name: "sigma", status: "warn", since, last_error }), impairs }];
}

const impairs = ["finding what the suspended rules look for (all others are evaluated)"];
