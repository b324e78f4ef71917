import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { keptLog } from "../../testing/kept-log.ts";
import { until } from "../../testing/until.ts";
import { LogLevels } from "../telemetry/log-levels.ts";
import { levelFile, readLevelText, watchLogLevelFile } from "./log-level-file.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "log-level-"));
  ends.push(() => rmSync(path, { recursive: true }));
  return path;
}

function watching(path: string, lookEvery?: number) {
  const kept = keptLog({ level: "info" });
  const levels = new LogLevels(kept.log, { clock: { now: () => 0 } });
  const watch = watchLogLevelFile(path, { levels, log: kept.log, ...(lookEvery && { lookEvery }) });
  ends.push(() => watch.stop());
  return { ...kept, levels };
}

/** What the kubelet does with a changed ConfigMap: a new folder, and the link `..data` swapped by one rename. */
function publish(mount: string, version: number, content: string): void {
  mkdirSync(join(mount, `..${version}`));
  writeFileSync(join(mount, `..${version}`, "log_level"), content);
  symlinkSync(`..${version}`, join(mount, "..data_tmp"));
  renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
  if (version > 1) rmSync(join(mount, `..${version - 1}`), { recursive: true });
}

describe("the text of the file", () => {
  test.each([
    ["debug", { level: "debug", modules: {} }],
    ["  warn\n", { level: "warn", modules: {} }],
    ["level: error\nmodules: { transport: debug }\n", { level: "error", modules: { transport: "debug" } }],
    ["modules:\n  notify: trace\n", { level: "info", modules: { notify: "trace" } }],
  ])("%j is understood", (text, levels) => {
    expect(readLevelText(text)).toEqual(levels);
  });

  test.each([
    ["loud", 'must be one of trace, debug, info, warn, error, fatal; it is "loud"'],
    ["", "it is null"],
    ["[debug]", 'it is ["debug"]'],
    ["level: 3", "it is 3"],
    ["level: info\nmodule: {}", 'unknown key "module"'],
    ["modules: { kitchen: debug }", 'unknown module "kitchen"; known: api'],
    ["modules: { notify: loud }", "modules.notify: must be one of"],
    ["modules: [notify]", "must be a map"],
    ["level: {", "Flow map"],
  ])("%j is refused with what is wrong", (text, fault) => {
    expect(readLevelText(text)).toEqual({ fault: expect.stringContaining(fault) });
  });

  test("a file that is something else is not shown", () => {
    const { fault } = readLevelText("a-long-password-that-nobody-should-read") as { fault: string };
    expect(fault).not.toContain("nobody-should-read");
  });
});

describe("watching", () => {
  test("a file that is written in place or replaced is followed", async () => {
    const path = join(folder(), "level");
    writeFileSync(path, "info");
    const { levels } = watching(path);
    writeFileSync(path, "level: warn\nmodules: { detect: debug }");
    await until(() => levels.state().level === "warn", "the level of the file");
    expect(levels.state().modules).toEqual({ detect: "debug" });
    writeFileSync(`${path}.new`, "error");
    renameSync(`${path}.new`, path);
    await until(() => levels.state().level === "error", "the level of the file");
  });

  test("the swapped link of a ConfigMap is followed, again and again", async () => {
    const mount = folder();
    publish(mount, 1, "info");
    symlinkSync("..data/log_level", join(mount, "log_level"));
    const { levels } = watching(join(mount, "log_level"));
    for (const [index, level] of ["debug", "warn", "trace"].entries()) {
      publish(mount, index + 2, level);
      await until(() => levels.state().level === level, "the level of the file");
    }
  });

  test("where nothing tells of changes the file is looked at now and then", async () => {
    const away = folder();
    const path = join(folder(), "level");
    writeFileSync(join(away, "level"), "info");
    symlinkSync(join(away, "level"), path);
    const { levels } = watching(path, 20);
    writeFileSync(join(away, "level"), "debug");
    await until(() => levels.state().level === "debug", "the level of the file");
  });

  test("a content that cannot be used, or a file that is gone, is one error and changes nothing", async () => {
    const path = join(folder(), "level");
    writeFileSync(path, "warn");
    const { levels, lines } = watching(path, 20);
    const refused = (): unknown[] => lines().filter((line) => line["event.name"] === "log.file_refused");
    writeFileSync(path, "loud");
    await until(() => refused().length === 1, "a refusal");
    rmSync(path);
    await until(() => refused().length === 2, "a refusal");
    writeFileSync(path, "debug");
    await until(() => levels.state().level === "debug", "the level of the file");
    expect(refused()).toMatchObject([
      { severity_text: "ERROR", fault: expect.stringContaining("loud") },
      { fault: "cannot be read: ENOENT" },
    ]);
  });
});

test("a level given by flag or variable wins over the file, which is not watched then", () => {
  const env = { AUDITFLOW_LOG_LEVEL_FILE: "/etc/level" };
  expect(levelFile({ flags: {}, env })).toBe("/etc/level");
  expect(levelFile({ flags: {}, env: { ...env, AUDITFLOW_LOG_LEVEL: "debug" } })).toBeUndefined();
  expect(levelFile({ flags: { logLevel: "debug" }, env })).toBeUndefined();
  expect(levelFile({ flags: {}, env: {} })).toBeUndefined();
});
