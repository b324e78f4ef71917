import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLevels } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";

let data: string;
let server: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-log-level-"));
  server = await startService(["--data", data]);
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

const on = (...args: string[]) => runCommand(["log-level", ...args, "--url", server.url]);

describe("auditflow log-level", { timeout: 60_000 }, () => {
  test("without a level shows every process, and changes nothing", async () => {
    const { code, stdout } = await on();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PROCESS +SERVICE +LEVEL +MODULES +REVERTS$/m);
    expect(stdout).toMatch(/^\S+-\d+ +5 services +info +- +-$/m);
  });

  test("with a level changes it and says by how many it was applied", async () => {
    const { code, stdout } = await on("notification-service", "warn", "--for", "10m", "--module", "notify");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^notify at warn for 10m: applied by 1 process$/m);
    expect(stdout).toMatch(/ info +notify=warn +20\d\d-\S+Z$/m);
    const { stdout: json } = await on("--json");
    expect((JSON.parse(json) as LogLevels).processes[0]?.modules).toEqual({ notify: "warn" });
  });

  test("exits with 1 and names a service of which no process answers", async () => {
    const { code, stdout } = await on("audit-event-archive", "debug");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^No answer from audit-event-archive: No process of it answered/m);
  });

  test.each([
    [["kitchen"], /audit-event-generator/],
    [["all", "loud"], /trace, debug, info/],
    [["all", "debug", "--for", "25h"], /from 1s to 24h/],
    [["all", "debug", "--module", "kitchen"], /transport/],
    [["all", "--for", "10m"], /need a level/],
  ])("%j is refused with what is allowed", async (args, words) => {
    const { code, stderr } = await on(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});
