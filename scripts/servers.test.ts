import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { root } from "./root.ts";
import { findProgram } from "./servers/find-program.ts";
import { startGuarded } from "./servers/guarded-process.ts";
import { installMissing } from "./servers/install.ts";
import { redis } from "./servers/redis.ts";
import { serverKinds, startServers } from "./servers.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-guard-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet is a line in a table and runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

const writesItsPid = ["-c", 'echo $$ > "$0"; exec sleep 600'];

async function pidIn(file: string): Promise<number> {
  return vi.waitFor(() => {
    const pid = Number(readFileSync(file, "utf8"));
    expect(pid).toBeGreaterThan(0);
    return pid;
  }, 10_000);
}

it("a server is gone when stop resolves", async () => {
  const file = join(folder, "pid");
  const command = {
    name: "sleep",
    program: "sh",
    args: [...writesItsPid, file],
    logFile: join(folder, "log"),
  };
  const server = startGuarded({ ...command, endSignal: "TERM" });
  const pid = await pidIn(file);
  expect(isAlive(pid)).toBe(true);
  await server.stop();
  expect(isAlive(pid)).toBe(false);
});

it("a server ends also when the process that started it is killed without warning", async () => {
  const file = join(folder, "pid");
  const owner = `
    const { startGuarded } = await import(${JSON.stringify(join(root, "scripts/servers/guarded-process.ts"))});
    const args = ${JSON.stringify([...writesItsPid, file])};
    startGuarded({ name: "sleep", program: "sh", args, endSignal: "TERM", logFile: ${JSON.stringify(join(folder, "log"))} });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", owner], { stdio: "ignore" });
  const pid = await pidIn(file);
  child.kill("SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
});

it("a server that is killed, or held, is so with all that it started", async () => {
  const file = join(folder, "pid");
  const args = ["-c", 'sleep 600 & echo $! > "$0"; wait', file];
  const server = startGuarded({
    name: "sh",
    program: "sh",
    args,
    endSignal: "TERM",
    logFile: join(folder, "log"),
  });
  const child = await pidIn(file);
  const state = (pid: number) => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  await server.hold("SIGSTOP");
  for (const pid of [await server.pid(), child]) await vi.waitFor(() => expect(state(pid)).toBe("T"));
  await server.hold("SIGCONT");
  for (const pid of [await server.pid(), child]) await vi.waitFor(() => expect(state(pid)).toBe("S"));
  await server.kill();
  expect([await server.pid(), child].map(isAlive)).toEqual([false, false]);
  expect(server.isRunning()).toBe(false);
});

it("a server comes back on its port with its data, after a kill and after an orderly end", async () => {
  await installMissing([redis]);
  const server = await redis.start(folder);
  const ask = async (name: string, ...args: string[]) => {
    const client = new Redis(server.url, { lazyConnect: true });
    await client.connect();
    const answer = await client.call(name, ...args);
    client.disconnect();
    return answer;
  };
  try {
    await ask("SET", "kept", "yes");
    for (const end of ["kill", "shutDown"] as const) {
      const pid = await server.pid();
      await server[end]();
      expect(server.isRunning()).toBe(false);
      await server.startAgain();
      expect(await server.pid()).not.toBe(pid);
      expect(await ask("GET", "kept")).toBe("yes");
    }
    await server.shutDown();
    await server.startAgain(["--appendonly", "no"]);
    expect(await ask("CONFIG", "GET", "appendonly")).toEqual(["appendonly", "no"]);
  } finally {
    await server.stop();
  }
});

it("a server that ends by itself says so with the end of its log", async () => {
  const command = { name: "short", program: "sh", args: ["-c", "echo no space left; exit 3"] };
  const server = startGuarded({ ...command, endSignal: "TERM", logFile: join(folder, "log") });
  await expect(server.failure).rejects.toThrow(/short ended by itself:\nno space left/);
  await server.stop();
});

it("a server whose variable is set is not started", async () => {
  for (const { variable } of serverKinds) vi.stubEnv(variable, "set://elsewhere");
  const servers = await startServers();
  await servers.stop();
  expect(servers.environment).toEqual({});
});

it("whoever lacks apt is told which variables to set", async () => {
  vi.stubEnv("PATH", folder);
  const apt = findProgram("apt-get");
  expect(apt).toBeUndefined();
  const kinds = serverKinds.map((kind) => ({ ...kind, installed: () => false }));
  await expect(installMissing(kinds)).rejects.toThrow(
    /AUDITFLOW_TEST_AMQP_URL, AUDITFLOW_TEST_REDIS_URL, AUDITFLOW_TEST_POSTGRES_URL/,
  );
});
