import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { needsOf, type RoleName, roleNames } from "../packages/server/src/app/role-table.ts";
import { startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { root } from "../scripts/root.ts";
import { findProgram } from "../scripts/servers/find-program.ts";
import { installMissing } from "../scripts/servers/install.ts";

const units = join(root, "deploy/systemd");

beforeAll(async () => {
  await installMissing(
    ["systemd", "socat"].map((name) => ({
      ...{ name, variable: "PATH", aptPackage: name },
      installed: () => findProgram(name === "systemd" ? "systemd-analyze" : name) !== undefined,
    })),
  );
}, 600_000);

/** Runs a program of systemd; answers what it said when it failed. */
function run(program: string, ...args: string[]): string {
  try {
    execFileSync(program, args, { stdio: "pipe", env: { ...process.env, SYSTEMD_PAGER: "", LC_ALL: "C" } });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return `${stdout.toString()}${stderr.toString()}` || "it failed and said nothing";
  }
}

describe("the systemd units", () => {
  let folder: string;
  const instances = ["auditflow.service", ...roleNames.map((role) => `auditflow@${role}.service`)];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "auditflow-units-"));
    await cp(units, folder, { recursive: true });
    const program = join(root, "packages/server/bin/auditflow.js");
    for (const file of globSync(join(folder, "*.service"))) {
      const unit = (await readFile(file, "utf8")).replaceAll("/usr/local/bin/auditflow", program);
      await writeFile(file, unit);
      if (basename(file) !== "auditflow@.service") continue;
      for (const role of roleNames) await writeFile(join(folder, `auditflow@${role}.service`), unit);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(instances)("%s is understood by systemd, without a warning", (name) => {
    expect(run("systemd-analyze", "verify", "--man=no", join(folder, name))).toBe("");
  });

  test.each(instances)("%s is exposed to no more than 2 of 10", (name) => {
    const args = ["security", "--offline=true", "--threshold=20", "--no-pager", join(folder, name)];
    expect(run("systemd-analyze", ...args)).toBe("");
  });

  test.each(roleNames)("%s is given the secrets of what it needs, and no others", (role: RoleName) => {
    const file = join(units, `auditflow@${role}.service.d/secrets.conf`);
    const given = globSync(file).flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/^Environment=(\w+)_URL_FILE=/gm)].map(([, name]) =>
        name?.toLowerCase(),
      ),
    );
    expect(given).toEqual(needsOf([role]));
  });
});

describe("a service manager that asks to be told", () => {
  const clean: (() => unknown)[] = [];

  afterEach(async () => {
    for (const step of clean.splice(0).reverse()) await step();
  });

  async function place(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), "auditflow-notify-"));
    clean.push(() => rm(made, { recursive: true, force: true }));
    return made;
  }

  /** A socket as systemd has one, and what was written to it. */
  async function notifySocket(): Promise<{ path: string; told: () => string }> {
    const path = join(await place(), "notify");
    const reader: ChildProcess = spawn(
      findProgram("socat") ?? "socat",
      ["-u", `UNIX-RECV:${path},mode=777`, "-"],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    clean.push(() => reader.kill("SIGKILL"));
    let text = "";
    reader.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(reader, "spawn");
    await until(() => globSync(path).length > 0, "the socket is there");
    return { path, told: () => text };
  }

  test("is told when the service is ready and when it stops", async () => {
    const { path, told } = await notifySocket();
    const data = join(await place(), "data");
    const service = await startService(["--data", data], {
      NOTIFY_SOCKET: path,
      PATH: process.env["PATH"] ?? "",
    });
    await until(() => told().includes("READY=1"), "readiness was told");
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(told()).not.toContain("STOPPING=1");
    expect(await service.end("SIGTERM")).toBe(0);
    await until(() => told().includes("STOPPING=1"), "the stop was told");
  });

  test("does not keep the service from running when it cannot be told", async () => {
    const data = join(await place(), "data");
    const service = await startService(["--data", data], {
      NOTIFY_SOCKET: join(data, "nobody"),
      PATH: "/nonexistent",
    });
    const isSaid = (): boolean =>
      service.lines.some((line) => line["event.name"] === "service_manager.untold");
    await until(isSaid, "the log says so");
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(await service.end("SIGTERM")).toBe(0);
  });
});
