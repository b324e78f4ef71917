import type { DependencyHealth, HealthStatus } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { cachedHealth, healthReport, type WatchedDependency } from "./health.ts";

function dependency(need: string, status: HealthStatus, since: string): WatchedDependency {
  const health: DependencyHealth = { name: "redis", status, since };
  return { need, health: () => health, impairs: ["nothing works", "nor does the rest"] };
}

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

test.each<[HealthStatus[], HealthStatus]>([
  [[], "pass"],
  [["pass", "pass"], "pass"],
  [["pass", "warn"], "warn"],
  [["pass", "fail"], "warn"],
  [["fail", "warn"], "warn"],
  [["fail"], "fail"],
  [["fail", "fail"], "fail"],
])("dependencies that are %j make a process that is %s", (statuses, whole) => {
  const all = statuses.map((status, n) => dependency(`need${n}`, status, at(n)));
  expect(healthReport("a", "1", all).status).toBe(whole);
});

test("what is impaired stands beside what does not work, and beside nothing else", () => {
  const { checks } = healthReport("a", "1", [
    dependency("windows", "fail", at(1)),
    dependency("database", "pass", at(1)),
  ]);
  expect(checks["windows:redis"]?.impaired_features).toEqual(["nothing works", "nor does the rest"]);
  expect(checks["database:redis"]?.impaired_features).toEqual([]);
});

test("a warning may impair something else than an absence does", () => {
  const kept = {
    ...dependency("windows", "warn", at(1)),
    impairsOnWarning: ["what was before is forgotten"],
  };
  const { checks } = healthReport("a", "1", [kept, dependency("transport", "warn", at(1))]);
  expect(checks["windows:redis"]?.impaired_features).toEqual(["what was before is forgotten"]);
  expect(checks["transport:redis"]?.impaired_features).toEqual(["nothing works", "nor does the rest"]);
});

test("trouble is as old as the first dependency that has it; else peace is as old as the last one to come back", () => {
  const old = dependency("a", "pass", at(1));
  const trouble = [dependency("b", "fail", at(3)), dependency("c", "warn", at(2))];
  expect(healthReport("a", "1", [old, ...trouble]).since).toBe(at(2));
  expect(healthReport("a", "1", [old, dependency("b", "pass", at(4))]).since).toBe(at(4));
  expect(healthReport("a", "1", [])).not.toHaveProperty("since");
});

test("health is put together once a second at most, however often it is asked for", () => {
  let now = Date.UTC(2026, 0, 1);
  let computed = 0;
  const compute = () => {
    computed += 1;
    return healthReport("a", "1", []);
  };
  const health = cachedHealth(compute, { now: () => now });
  const answers = Array.from({ length: 50 }, () => health());
  expect(new Set(answers).size).toBe(1);
  expect(computed).toBe(1);
  now += 999;
  expect(health()).toBe(answers[0]);
  now += 1;
  expect(health().time).toBe("2026-01-01T00:00:01.000Z");
  now -= 3_600_000;
  expect(health().time).toBe("2025-12-31T23:00:01.000Z");
  expect(computed).toBe(3);
});
