import type { RuleSetState, ServiceReport } from "@auditflow/contracts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reportService } from "./service-reports.ts";

let totals = { generated: 0, accepted: 0, evaluated: 0 };
let ruleSet: RuleSetState | undefined;
let published: ServiceReport[] = [];
let publish: (report: ServiceReport) => Promise<void>;
let stop: () => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00Z") });
  totals = { generated: 0, accepted: 0, evaluated: 0 };
  ruleSet = undefined;
  published = [];
  publish = async (report) => void published.push(report);
  stop = reportService({
    publish: (report) => publish(report),
    clock: { now: () => Date.now() },
    counters: {
      generated: () => totals.generated,
      accepted: async () => totals.accepted,
      evaluated: () => totals.evaluated,
    },
    ...{ instance: "i", services: ["audit-log-analysis"], version: "1" },
    ruleSet: () => ruleSet,
  });
});
afterEach(async () => {
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  await stopped;
  vi.useRealTimers();
});

const evaluated = (): number[] => published.map((report) => report.evaluated);

test("every two seconds it tells what was done since the report before", async () => {
  totals = { generated: 1, accepted: 2, evaluated: 3 };
  await vi.advanceTimersByTimeAsync(2000);
  totals = { generated: 1, accepted: 4, evaluated: 13 };
  await vi.advanceTimersByTimeAsync(2000);
  expect(published).toMatchObject([
    {
      from: "2026-03-01T12:00:00.000Z",
      to: "2026-03-01T12:00:02.000Z",
      generated: 1,
      accepted: 2,
      evaluated: 3,
    },
    {
      from: "2026-03-01T12:00:02.000Z",
      to: "2026-03-01T12:00:04.000Z",
      generated: 0,
      accepted: 2,
      evaluated: 10,
    },
  ]);
  expect(new Set(published.map(({ report_id }) => report_id)).size).toBe(2);
});

test("while nothing happens it says every ten seconds that it is there", async () => {
  await vi.advanceTimersByTimeAsync(30_000);
  expect(published.map(({ to }) => to.slice(17, 19))).toEqual(["10", "20", "30"]);
});

test("a change of the rules is told at once, and the rules in every report", async () => {
  ruleSet = { version: "0000000a", rules: 2, problems: 0, since: "2026-03-01T12:00:00.000Z" };
  await vi.advanceTimersByTimeAsync(4000);
  expect(published).toMatchObject([{ rule_set: ruleSet, evaluated: 0 }]);
  ruleSet = { ...ruleSet, version: "0000000b" };
  await vi.advanceTimersByTimeAsync(2000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(published.slice(1)).toMatchObject([{ rule_set: ruleSet }, { rule_set: ruleSet }]);
});

test("a report that failed goes out again as it was, and what came since is in the next", async () => {
  const tried: ServiceReport[] = [];
  publish = async (report) => {
    tried.push(report);
    throw new Error("the broker is away");
  };
  totals.evaluated = 5;
  await vi.advanceTimersByTimeAsync(4000);
  totals.evaluated = 7;
  publish = async (report) => void published.push(report);
  await vi.advanceTimersByTimeAsync(4000);
  expect(tried).toEqual([tried[0], tried[0]]);
  expect(published[0]).toEqual(tried[0]);
  expect(evaluated()).toEqual([5, 2]);
});

test("no two reports are on their way at one time", async () => {
  const waiting: (() => void)[] = [];
  publish = (report) =>
    new Promise((resolve) => {
      published.push(report);
      waiting.push(resolve);
    });
  totals.evaluated = 1;
  await vi.advanceTimersByTimeAsync(9000);
  expect(evaluated()).toEqual([1]);
  totals.evaluated = 9;
  waiting[0]!();
  await vi.advanceTimersByTimeAsync(2000);
  expect(evaluated()).toEqual([1, 8]);
  for (const settle of waiting) settle();
});

test("stop reports the rest, what had failed first, and waits a second at most", async () => {
  publish = async () => Promise.reject(new Error("away"));
  totals.evaluated = 5;
  await vi.advanceTimersByTimeAsync(2000);
  totals.evaluated = 6;
  publish = async (report) => void published.push(report);
  await stop();
  expect(evaluated()).toEqual([5, 1]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(published).toHaveLength(2);
});

test("stop does not wait for a transport that hangs", async () => {
  publish = () => new Promise(() => undefined);
  totals.evaluated = 1;
  const stopped = stop();
  await vi.advanceTimersByTimeAsync(1000);
  await expect(stopped).resolves.toBeUndefined();
});
