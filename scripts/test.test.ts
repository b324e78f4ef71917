import { expect, it } from "vitest";
import { tallyLine, tallyVitest } from "./test.ts";

const file = (status: string, cases: number): { status: string; assertionResults: unknown[] } => ({
  status,
  assertionResults: Array.from({ length: cases }),
});

it("every test case counts", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 2,
    numPendingTests: 0,
    testResults: [file("passed", 4), file("failed", 3)],
  };
  expect(tallyVitest(report, 1)).toEqual({ passed: 5, failed: 2 });
});

it("a test file that cannot be loaded counts as a failure", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    testResults: [file("passed", 5), file("failed", 0)],
  };
  expect(tallyVitest(report, 1)).toEqual({ passed: 5, failed: 1 });
});

it("an error outside of every test counts as a failure", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    testResults: [file("passed", 5)],
  };
  expect(tallyVitest(report, 1)).toEqual({ passed: 5, failed: 1 });
});

it("a skipped test counts as a failure: what was not tried did not pass", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 2,
    testResults: [file("passed", 7)],
  };
  expect(tallyVitest(report, 0)).toEqual({ passed: 5, failed: 2 });
});

it("a suite that never said how it ended has failed", () => {
  expect(tallyLine("F01 ...\n7 passed, 0 failed\n")).toEqual({ passed: 7, failed: 0 });
  expect(tallyLine("5 passed, 2 failed")).toEqual({ passed: 5, failed: 2 });
  expect(tallyLine("3 passed, 0 failed\nError: no space left")).toEqual({ passed: 0, failed: 1 });
});
