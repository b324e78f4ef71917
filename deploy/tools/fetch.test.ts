import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "auditflow-fetch-"));
  const tools = join(root, "deploy", "tools");
  mkdirSync(tools, { recursive: true });
  for (const name of ["fetch", "run"]) cpSync(join(import.meta.dirname, name), join(tools, name));
  mkdirSync(join(root, "node_modules", ".bin"), { recursive: true });
  writeFileSync(join(root, "node_modules", ".bin", "greet"), '#!/bin/sh\necho "hello $1"\n', { mode: 0o755 });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function table(...rows: readonly string[]): void {
  writeFileSync(join(root, "deploy", "tools", "tools.table"), `# a comment\n${rows.join("\n")}\n`);
}

function start(program: string, ...args: readonly string[]) {
  return spawnSync(join(root, "deploy", "tools", program), args, { encoding: "utf8", timeout: 15_000 });
}

test("a tool is fetched when it is first run, which is told aside of what the tool says", () => {
  table("greet - modules any package-lock.json - -");
  const first = start("run", "greet", "you");
  expect(first).toMatchObject({ status: 0, stdout: "hello you\n" });
  expect(first.stderr).toContain("greet - from modules");
  expect(start("run", "greet", "again")).toMatchObject({ status: 0, stdout: "hello again\n", stderr: "" });
});

test("a tool that cannot be had is named, with all that was tried and why it failed, and leaves nothing behind", () => {
  table(
    "lost 1.0 modules any package-lock.json - -",
    "lost 1.0 url plan9-mips https://127.0.0.1:9/never - 00",
    "lost 1.0 url any https://127.0.0.1:9/lost - 00",
  );
  const { status, stderr } = start("fetch", "lost");
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^lost could not be fetched\. Tried:\n {2}modules .*: node_modules lacks it: run npm ci\n/,
  );
  expect(stderr).toMatch(/ {2}url https:\/\/127\.0\.0\.1:9\/lost: curl: /);
  expect(stderr).not.toContain("never");
  expect(readdirSync(join(root, ".tools", "bin"))).toEqual([]);
  expect(readdirSync(join(root, ".tools")).filter((name) => name.startsWith("new."))).toEqual([]);
});

test("one tool that cannot be had does not keep the others away", () => {
  table("lost 1.0 url any https://127.0.0.1:9/lost - 00", "greet - modules any package-lock.json - -");
  expect(start("fetch")).toMatchObject({ status: 1 });
  expect(existsSync(join(root, ".tools", "bin", "greet"))).toBe(true);
});

test("a tool of another version than the table's is fetched anew", () => {
  table("greet 1.0 modules any package-lock.json - -");
  expect(start("fetch").stdout).toContain("greet 1.0 from");
  table("greet 2.0 modules any package-lock.json - -");
  expect(start("fetch", "--quiet").stdout).toContain("greet 2.0 from");
  expect(start("fetch", "--quiet").stdout).toBe("");
});
