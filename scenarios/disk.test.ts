import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList, Health, Problem } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { postEvents, tellingEvent } from "./telling-event.ts";

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "auditflow-disk-"));
  clean.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A small file system of its own, which can really be full. */
async function smallDisk(size: string): Promise<string> {
  const made = await folder();
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const run = (...command: string[]): void => {
    const [program = "", ...args] = [...asRoot, ...command];
    execFileSync(program, args, { stdio: "pipe" });
  };
  try {
    run("mount", "-t", "tmpfs", "-o", `size=${size},mode=777`, "tmpfs", made);
  } catch (cause) {
    throw new Error("This test mounts a small tmpfs: run it as root, or with a sudo that asks nothing", {
      cause,
    });
  }
  clean.push(() => run("umount", "-l", made));
  return made;
}

async function serve(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const service = await startService(args, env);
  clean.push(() => service.end("SIGKILL"));
  return service;
}

/** Writes until it has the size or the disk is full; returns what gives the space back. */
function fill(path: string, bytes: number): () => void {
  const file = openSync(path, "w");
  const part = Buffer.alloc(64 * 1024, 1);
  try {
    for (let written = 0; written < bytes; ) written += writeSync(file, part);
    fsyncSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

async function health(url: string): Promise<Health> {
  return (await (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) })).json()) as Health;
}

/** The event ids behind all alerts, one for each alert. */
async function alerted(url: string): Promise<string[]> {
  const found: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const cursor: string = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const answer: Response = await fetch(`${url}/api/v1/alerts?limit=200${cursor}`, {
      signal: AbortSignal.timeout(10_000),
    });
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as AlertList;
    const ids = page.alerts.map(async ({ alert_id }) => {
      const alert = (await (await fetch(`${url}/api/v1/alerts/${alert_id}`)).json()) as {
        evidence: string[];
      };
      return alert.evidence[0] ?? "";
    });
    found.push(...(await Promise.all(ids)));
    next = page.next;
  }
  return found.sort();
}

async function untilStatus(url: string, status: string): Promise<Health["checks"][string]> {
  const look = async (): Promise<Health["checks"][string] | undefined> => {
    const check = (await health(url)).checks["disk:data"];
    return check?.status === status ? check : undefined;
  };
  return await until(look, `the disk is ${status}`);
}

describe("the disk of the data folder", () => {
  test("at 95 % of the budget intake answers 503, all else goes on, and it heals by itself", async () => {
    const data = await folder();
    const { url, lines } = await serve(["--data", data], {
      AUDITFLOW_DISK_BUDGET: "100MB",
      AUDITFLOW_RATE_LIMIT: "0",
    });
    const before = Array.from({ length: 20 }, () => tellingEvent());
    expect((await postEvents(url, before)).status).toBe(202);

    const free = fill(join(data, "ballast"), 96_000_000);
    const check = await untilStatus(url, "fail");
    expect(check?.last_error).toContain("raise AUDITFLOW_DISK_BUDGET");
    expect(check?.impaired_features[0]).toContain("taking events in");
    const refused = await postEvents(url, [tellingEvent()]);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(((await refused.json()) as Problem).code).toBe("disk_full");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const ids = before.map(({ event_id }) => event_id).sort();
    await expect.poll(() => alerted(url), { timeout: 15_000 }).toEqual(ids);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^auditflow_disk_budget_bytes 100000000$/m);
    expect(Number(/^auditflow_disk_used_bytes (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(95_000_000);

    free();
    await untilStatus(url, "pass");
    const after = tellingEvent();
    expect((await postEvents(url, [after])).status).toBe(202);
    await expect.poll(() => alerted(url), { timeout: 15_000 }).toEqual([...ids, after.event_id].sort());
    const names = lines.map((line) => line["event.name"]).filter((name) => String(name).startsWith("disk."));
    expect(names).toEqual(["disk.fail", "disk.pass"]);
  });

  test("the generator makes nothing while the disk is full and goes on afterwards", async () => {
    const data = await folder();
    const { url } = await serve(["--data", data], { AUDITFLOW_DISK_BUDGET: "100MB" });
    const free = fill(join(data, "ballast"), 97_000_000);
    await untilStatus(url, "fail");
    const rate = (): Promise<{ generated: number; limited_by: string | null }> =>
      fetch(`${url}/api/v1/generator/rate`).then((answer) => answer.json() as never);
    await fetch(`${url}/api/v1/generator/rate`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ events_per_second: 50 }),
    });
    await until(async () => (await rate()).limited_by === "transport", "the generator is held up");
    expect((await rate()).generated).toBe(0);
    free();
    await until(async () => (await rate()).generated > 0, "the generator goes on");
  });

  test("a disk that is really full: clean errors, a clean start, and no acknowledged event is lost", async () => {
    const disk = await smallDisk("40m");
    const data = join(disk, "data");
    const settings = { AUDITFLOW_RATE_LIMIT: "0" };
    const first = await serve(["--data", data], settings);
    const acknowledged: string[] = [];
    const statuses = new Set<number>();
    const send = async (url: string): Promise<number> => {
      const events = Array.from({ length: 5 }, () => tellingEvent());
      const answer = await postEvents(url, events);
      statuses.add(answer.status);
      if (answer.status === 202) acknowledged.push(...events.map(({ event_id }) => event_id));
      else expect(["disk_full", "transport_unavailable"]).toContain(((await answer.json()) as Problem).code);
      return answer.status;
    };
    for (let n = 0; n < 10; n += 1) await send(first.url);
    // From one request to the next, so that the writes of detection and storage meet it as well.
    const free = fill(join(disk, "ballast"), 40_000_000);
    await until(async () => (await send(first.url)) === 503, "intake refuses");
    for (let n = 0; n < 10; n += 1) await send(first.url);
    expect([...statuses].sort((left, right) => left - right)).toEqual([202, 503]);
    expect((await fetch(`${first.url}/api/v1/alerts`)).status).toBe(200);
    expect((await fetch(`${first.url}/livez`)).status).toBe(200);
    await first.end("SIGKILL");

    const second = await serve(["--data", data], settings);
    expect(await send(second.url)).toBe(503);
    free();
    await untilStatus(second.url, "pass");
    expect(await send(second.url)).toBe(202);
    await expect.poll(() => alerted(second.url), { timeout: 30_000 }).toEqual(acknowledged.sort());
    expect(await second.end("SIGTERM")).toBe(0);
  });
});
