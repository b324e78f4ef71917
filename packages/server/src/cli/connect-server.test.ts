import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";

let data: string;
let server: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-token-"));
  server = await startService(["--data", data, "--anonymous-access", "none"]);
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

describe("commands that speak to a server", { timeout: 60_000 }, () => {
  test("show the token of the data folder to a server that asks for one", async () => {
    const { code, stdout } = await runCommand(["rate", "--url", server.url, "--data", data]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("events per second")]);
  });

  test("say how to give a token when there is none, and when it is wrong", async () => {
    const none = await runCommand(["rate", "--url", server.url, "--data", join(data, "absent")]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("AUDITFLOW_TOKEN")]);
    const other = await mkdtemp(join(tmpdir(), "auditflow-token-"));
    await writeFile(join(other, "token"), "wrong\n");
    const wrong = await runCommand(["alerts", "tail", "--url", server.url, "--data", other]);
    await rm(other, { recursive: true });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("Authorization: Bearer")]);
  });

  test("send takes the token the same way, and counts what was accepted and refused", async () => {
    const file = join(data, "events.log");
    const good = "2026-03-01T09:00:00Z host-1 sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2";
    await writeFile(file, `${good}\nno time in here\n`);
    const { code, stderr } = await runCommand(["send", file, "--url", server.url, "--data", data]);
    expect(stderr).toContain("1 events accepted, 1 refused");
    expect(code).toBe(1);
  });

  test("send says what to start when nobody answers", async () => {
    const file = join(data, "one.log");
    await writeFile(file, "2026-03-01T09:00:00Z host-1 sshd[1]: Server listening on 0.0.0.0 port 22.\n");
    const sending = runCommand(["send", file, "--url", "http://127.0.0.1:9", "--retry-for", "0"]);
    const { code, stderr } = await sending;
    expect([code, stderr]).toEqual([1, expect.stringContaining("auditflow serve")]);
  });
});
