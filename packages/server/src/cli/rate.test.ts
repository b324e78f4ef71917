import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GeneratorStatus } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";

let data: string;
let server: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-rate-"));
  server = await startService(["--data", data]);
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

const on = (...args: string[]) => runCommand([...args, "--url", server.url]);

async function status(): Promise<GeneratorStatus> {
  return JSON.parse((await on("rate", "--json")).stdout) as GeneratorStatus;
}

describe("auditflow rate", { timeout: 60_000 }, () => {
  test("without a number shows what the generator is told and does, and changes nothing", async () => {
    const { code, stdout } = await on("rate");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^events per second +0$/m);
    expect(stdout).toMatch(/^waiting for readers +\d+ messages$/m);
    expect(await status()).toMatchObject({ events_per_second: 0, paused: false, generated: 0 });
  });

  test("with a number sets the rate and says in one line what is really reached", async () => {
    const { code, stdout } = await on("rate", "40", "--watch-for", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^40 events\/s, constant \(was 0\): \d[\d.]* events\/s reached over \d+\.\d s[^\n]*\n$/,
    );
    expect(await status()).toMatchObject({ events_per_second: 40 });
    expect((await status()).generated).toBeGreaterThan(0);
  });

  test("sets what is named and leaves the rest as it is", async () => {
    await on("rate", "0.5", "--shape", "burst", "--period", "20", "--burst-factor", "4", "--watch-for", "0");
    const set = { events_per_second: 0.5, shape: "burst", period_seconds: 20, burst_factor: 4 };
    expect(await status()).toMatchObject(set);
    expect((await on("rate", "--pause")).stdout).toMatch(/^Paused \(0\.5 events\/s, burst/);
    expect(await status()).toMatchObject({ ...set, paused: true });
    expect((await on("rate", "--resume", "--seed", "7", "--watch-for", "0")).stdout).toContain(
      "(was paused)",
    );
    expect(await status()).toMatchObject({ ...set, paused: false, seed: 7 });
    expect((await on("rate", "0")).stdout).toMatch(/^0 events\/s, burst/);
  });

  test("a rate that is none ends with 2, one that the server refuses with 1 and its reason", async () => {
    expect(await on("rate", "fast")).toMatchObject({ code: 2, stderr: expect.stringContaining("fast") });
    expect(await on("rate", "--pause", "--resume")).toMatchObject({ code: 2 });
    const refused = await on("rate", "50001");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("/body/events_per_second") });
  });

  test("a server that is not there, or has no generator, is an error that says what to start", async () => {
    const absent = await runCommand(["rate", "--url", "http://127.0.0.1:9"]);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining("auditflow serve") });
    const gateway = await startService(["audit-event-gateway"], { TRANSPORT_URL: "amqp://127.0.0.1:9" });
    const without = await runCommand(["rate", "--url", gateway.url]);
    await gateway.end("SIGTERM");
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("No audit-event-generator") });
  });

  test("the help has examples", async () => {
    for (const command of [["rate"], ["scenario"], ["alerts", "tail"]]) {
      const { code, stdout } = await runCommand([...command, "--help"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`$ auditflow ${command.join(" ")}`)]);
    }
  });
});
