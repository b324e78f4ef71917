import { AuditFlowError } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { keptLog } from "../../testing/kept-log.ts";
import { LogLevels } from "./log-levels.ts";

/** Levels whose time moves by hand. */
function levelsOf() {
  let now = 0;
  const kept = keptLog({ level: "info" });
  const timers = new Set<{ at: number; call: () => void }>();
  const levels = new LogLevels(kept.log, {
    clock: { now: () => now },
    after: (milliseconds, call) => {
      const timer = { at: now + milliseconds, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const moveTo = (seconds: number): void => {
    now = seconds * 1_000;
    for (const timer of [...timers].filter(({ at }) => at <= now)) {
      timers.delete(timer);
      timer.call();
    }
  };
  return { ...kept, levels, moveTo, timers };
}

test("a level reaches loggers made before and after, and the children of each", () => {
  const { log, levels } = levelsOf();
  const before = log.child({ module: "notify" });
  const beforesChild = before.child({ request_id: "r" });
  const plain = log.child({ request_id: "r" });
  levels.set({ level: "debug" });
  const after = log.child({ module: "detect" });
  for (const logger of [log, before, beforesChild, plain, after, after.child({})]) {
    expect(logger.isLevelEnabled("debug")).toBe(true);
  }
  levels.set({ level: "error", module: "notify" });
  const again = log.child({ module: "app" }).child({ module: "notify" });
  for (const logger of [before, beforesChild, again]) expect(logger.level).toBe("error");
  for (const logger of [log, plain, after]) expect(logger.level).toBe("debug");
  expect(levels.state()).toEqual({ level: "debug", modules: { notify: "error" } });
});

test("a level with an end gives way to the one from before the first such change", () => {
  const { levels, moveTo } = levelsOf();
  levels.set({ level: "debug", for: "10m" });
  expect(levels.state()).toEqual({ level: "debug", modules: {}, reverts_at: "1970-01-01T00:10:00.000Z" });
  moveTo(300);
  levels.set({ level: "trace", for: "10m" });
  moveTo(600);
  expect(levels.state().level).toBe("trace");
  moveTo(900);
  expect(levels.state()).toEqual({ level: "info", modules: {} });
});

test("a level set for good ends the one with an end", () => {
  const { levels, moveTo, timers } = levelsOf();
  levels.set({ level: "debug", for: "10s" });
  levels.set({ level: "warn" });
  expect(timers.size).toBe(0);
  moveTo(60);
  expect(levels.state()).toEqual({ level: "warn", modules: {} });
});

test("each target has an end of its own, and the next one is told", () => {
  const { levels, moveTo } = levelsOf();
  levels.set({ level: "warn", for: "1h" });
  levels.set({ level: "debug", module: "transport", for: "90s" });
  expect(levels.state()).toMatchObject({ reverts_at: "1970-01-01T00:01:30.000Z" });
  moveTo(90);
  expect(levels.state()).toEqual({ level: "warn", modules: {}, reverts_at: "1970-01-01T01:00:00.000Z" });
});

test("what ends gives way to what the settings say by then", () => {
  const { levels, moveTo } = levelsOf();
  levels.set({ level: "debug", for: "10s" });
  levels.set({ level: "trace", module: "notify", for: "10s" });
  levels.setBase("warn", { notify: "error" });
  expect(levels.state()).toMatchObject({ level: "debug", modules: { notify: "trace" } });
  moveTo(10);
  expect(levels.state()).toEqual({ level: "warn", modules: { notify: "error" } });
});

test("a module set to the level of everything follows it again", () => {
  const { levels } = levelsOf();
  levels.set({ level: "debug", module: "notify" });
  levels.set({ level: "info", module: "notify" });
  levels.set({ level: "warn" });
  expect(levels.state()).toEqual({ level: "warn", modules: {} });
});

test("each change is one line, also when the new level would hide it, and no change is none", () => {
  const { levels, lines, moveTo } = levelsOf();
  levels.setBase("info", {});
  expect(lines()).toEqual([]);
  levels.set({ level: "error", for: "10s" });
  levels.setBase("fatal", {});
  moveTo(10);
  const told = lines().map(({ reason, level, severity_text }) => [reason, level, severity_text]);
  expect(told).toEqual([
    ["set for a time", "error", "INFO"],
    ["reverted", "fatal", "INFO"],
  ]);
  expect(lines()[0]).toMatchObject({
    ...{ "event.name": "log.level_changed", module: "app", previous: { level: "info", modules: {} } },
    reverts_at: "1970-01-01T00:00:10.000Z",
  });
});

test.each(["25h", "1441m", "0s", "10", "ten"])("a time of %s is refused and changes nothing", (time) => {
  const { levels } = levelsOf();
  expect(() => levels.set({ level: "debug", for: time })).toThrow(AuditFlowError);
  expect(levels.state()).toEqual({ level: "info", modules: {} });
});

test("a stop forgets what was to end", () => {
  const { levels, timers } = levelsOf();
  levels.set({ level: "debug", for: "24h" });
  levels.stop();
  expect(timers.size).toBe(0);
});
