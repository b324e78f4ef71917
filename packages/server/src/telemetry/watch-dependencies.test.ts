import { Writable } from "node:stream";
import type { DependencyHealth, HealthStatus } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { watchDependencies } from "./watch-dependencies.ts";

let lines: Record<string, unknown>[];
let state: DependencyHealth;
let metrics: Metrics;
let stop: () => void;

const clock = { now: () => Date.now() };

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-01T12:00:00Z") });
  lines = [];
  metrics = createMetrics("1");
  become("fail", "not connected yet");
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const log = createLog({ clock, level: "info", service: "a", version: "1", instance: "i", destination });
  const impairs = ["correlation stands still"];
  stop = watchDependencies([{ need: "windows", health: () => state, impairs }], { log, metrics, clock });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

function become(status: HealthStatus, last_error?: string): void {
  const since = new Date(clock.now()).toISOString();
  state = { name: "redis", status, since, ...(last_error === undefined ? {} : { last_error }) };
}

const names = (): unknown[] => lines.map((line) => line["event.name"]);

describe("the watch over dependencies", () => {
  test("says nothing of a first connection that takes less than two seconds", () => {
    vi.advanceTimersByTime(1500);
    become("pass");
    vi.advanceTimersByTime(5000);
    expect(names()).toEqual(["dependency.pass"]);
  });

  test("writes one line for each change, with why, since when and what is impaired", async () => {
    vi.advanceTimersByTime(500);
    become("pass");
    vi.advanceTimersByTime(1000);
    become("fail", "connection refused");
    vi.advanceTimersByTime(60_000);
    become("warn", "takes no messages");
    vi.advanceTimersByTime(60_000);
    expect(names()).toEqual(["dependency.pass", "dependency.fail", "dependency.warn"]);
    expect(lines[1]).toMatchObject({
      severity_text: "WARN",
      body: "windows is down",
      dependency: "redis",
      need: "windows",
      since: "2026-03-01T12:00:01.500Z",
      last_error: "connection refused",
      impaired_features: ["correlation stands still"],
    });
    expect(await metrics.registry.metrics()).toContain('dependency_up{need="windows",name="redis"} 0');
  });

  test("notices a dependency that was away between two looks", () => {
    become("pass");
    vi.advanceTimersByTime(1000);
    become("pass");
    vi.advanceTimersByTime(1000);
    expect(lines.map(({ changes }) => changes)).toEqual([undefined, 2]);
  });

  test("of one that flaps each change is told or counted, in six lines a minute in the long run", () => {
    let changes = 0;
    for (let second = 0; second < 600; second += 1) {
      become(second % 2 === 0 ? "pass" : "fail", "flaps");
      changes += 1;
      vi.advanceTimersByTime(1000);
    }
    vi.advanceTimersByTime(30_000);
    const told = lines.reduce((sum, line) => sum + Number(line["changes"] ?? 1), 0);
    expect(told).toBe(changes);
    expect(lines.length).toBeLessThan(80);
    expect(names().at(-1)).toBe("dependency.fail");
  });
});
