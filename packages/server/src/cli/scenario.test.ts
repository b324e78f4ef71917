import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScenarioRun } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";

let data: string;
let server: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-play-"));
  server = await startService(["--data", data]);
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

const on = (...args: string[]) => runCommand([...args, "--url", server.url]);

describe("auditflow scenario", { timeout: 60_000 }, () => {
  test("without a name lists what there is and which rules must fire", async () => {
    const { code, stdout } = await on("scenario");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^brute-force +\d+ .*failed_login_burst_by_user/m);
  });

  test("with a name sends the events and says which rules must fire", async () => {
    const { code, stdout } = await on("scenario", "brute-force");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^brute-force: \d+ events sent, about \S+ from \S+\n/);
    expect(stdout).toContain(
      "\nRules that must fire: failed_login_burst_by_address, failed_login_burst_by_user\n",
    );
    const run = JSON.parse((await on("scenario", "brute-force", "--json")).stdout) as ScenarioRun;
    expect(run.event_ids).toHaveLength(run.events);
  });

  test("an unknown name is an error with the nearest one, or all of them", async () => {
    const near = await on("scenario", "brute-forse");
    expect(near).toMatchObject({ code: 1, stderr: expect.stringContaining("Did you mean brute-force?") });
    const far = await on("scenario", "zzzzzzzzzzzzz");
    expect(far).toMatchObject({ code: 1, stderr: expect.stringContaining("There are brute-force") });
  });
});
