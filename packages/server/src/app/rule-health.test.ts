import { expect, test } from "vitest";
import { healthReport } from "../telemetry/health.ts";
import { ruleSetBoard } from "../telemetry/rule-set-board.ts";
import { ruleHealth } from "./rule-health.ts";

const clock = { now: () => 0 };

test("a suspended rule is a warning with what it impairs, for as long as it is suspended", () => {
  const board = ruleSetBoard(clock);
  const report = () => healthReport("audit-log-analysis", "0", ruleHealth(board));
  const inForce = { version: "0000000a", rules: 3, problems: 1 };
  expect(report().status).toBe("pass");
  board.post({ ...inForce, suspended: 2 });
  expect(report()).toMatchObject({
    status: "warn",
    checks: {
      "rules:sigma": {
        last_error: expect.stringContaining("2 rules are suspended") as string,
        impaired_features: ["finding what the suspended rules look for (all others are evaluated)"],
      },
    },
  });
  board.post({ ...inForce, suspended: 0 });
  expect(report()).toMatchObject({ status: "pass", checks: {} });
});
