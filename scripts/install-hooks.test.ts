import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installHooks } from "./install-hooks.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-install-hooks-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function checkout(): string {
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
  writeFileSync(join(folder, ".pre-commit-config.yaml"), "repos: []\n");
  return join(folder, ".git", "hooks", "pre-commit");
}

test("a checkout gets the hook, once and again", async () => {
  const hook = checkout();
  expect(await installHooks(folder, false)).toContain("before each commit");
  expect(await installHooks(folder, false)).toContain("before each commit");
  expect(readFileSync(hook, "utf8")).toContain("prek");
});

test("nothing is installed in CI, nor where the sources came without Git", async () => {
  expect(await installHooks(folder, false)).toBeUndefined();
  const hook = checkout();
  expect(await installHooks(folder, true)).toBeUndefined();
  expect(existsSync(hook)).toBe(false);
});

test("a checkout whose hooks cannot be written is told why, and nothing is thrown", async () => {
  checkout();
  writeFileSync(join(folder, ".git", "config"), "[broken");
  expect(await installHooks(folder, false)).toContain("the hooks were not installed");
});
