import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeDataFolder } from "../data-folder.ts";
import { checkDataFolder } from "./check-data-folder.ts";
import { checkPort } from "./check-port.ts";
import { checkRules } from "./check-rules.ts";
import { checkUpstream } from "./check-upstream.ts";
import { clockSkew } from "./clock-skew.ts";
import { type Finding, runChecks } from "./finding.ts";
import { leastVersion } from "./least-version.ts";

let folder: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-doctor-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

const faults = (findings: readonly Finding[]): Finding[] => findings.filter(({ status }) => status !== "ok");

async function answering(body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, headers).end(JSON.stringify(body));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Modes do not hold root back; a file system that is read-only does. */
function closeForWriting(path: string): () => void {
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0o500);
    return () => chmodSync(path, 0o700);
  }
  const mounted = spawnSync("/bin/mount", ["-t", "tmpfs", "-o", "ro,size=1m,mode=700", "tmpfs", path]);
  if (mounted.status !== 0) throw new Error(`As root this test mounts a tmpfs: ${String(mounted.stderr)}`);
  return () => void spawnSync("/bin/umount", [path]);
}

describe("the data folder", () => {
  const look = (): Promise<Finding[]> => runChecks(checkDataFolder(join(folder, "data")));

  test("one that is not there yet is well where it can be made, and is not made by looking", async () => {
    expect(faults(await look())).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("one that a service made is well, also while the service has it, and keeps no trace of the look", async () => {
    const held = takeDataFolder(join(folder, "data"));
    expect(held.token).not.toBe("");
    const told = await look();
    expect(faults(told)).toEqual([]);
    expect(told.map(({ what }) => what).join()).toContain("a running AuditFlow uses it");
    held.release();
    const before = readdirSync(join(folder, "data"));
    expect((await look()).map(({ what }) => what).join()).toContain("no process uses it now");
    expect(readdirSync(join(folder, "data"))).toEqual(before);
  });

  test("a folder and a token that others can read are told with the command that closes them", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "token"), "secret");
    chmodSync(join(folder, "data"), 0o755);
    chmodSync(join(folder, "data", "token"), 0o644);
    expect(faults(await look())).toMatchObject([
      { status: "warn", fix: `Close it: \`chmod 700 ${folder}/data\`.` },
      { status: "fail", fix: `Close it: \`chmod 600 ${folder}/data/token\`.` },
    ]);
  });

  test("a folder that cannot be written fails, for the folder and for the disk", async () => {
    const path = join(folder, "data");
    mkdirSync(path, { mode: 0o700 });
    const undo = closeForWriting(path);
    const told = await look().finally(undo);
    expect(told.filter(({ status }) => status === "fail")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ area: "data", what: `${path} cannot be written` }),
        expect.objectContaining({ area: "disk", what: expect.stringMatching(/EROFS|EACCES/) as string }),
      ]),
    );
    expect(told.find(({ area }) => area === "data")?.fix).toContain("see `mount`");
  });
});

describe("rules", () => {
  test("each fault of a rule is a failure with file and line, and the others are counted", async () => {
    const rule = (extra: string): string =>
      `title: A\nid: ${crypto.randomUUID()}\nlogsource:\n  category: test\ndetection:\n  selection:\n    ${extra}\n  condition: selection\n`;
    writeFileSync(join(folder, "good.yml"), rule("user: root"));
    writeFileSync(join(folder, "bad.yml"), rule("user|nosuchmodifier: root"));
    const told = await runChecks([checkRules([folder])]);
    expect(told.map(({ what }) => what)).toContain("1 rules are used");
    expect(faults(told)).toMatchObject([
      { status: "fail", what: expect.stringMatching(/bad\.yml:\d+:\d+: .*nosuchmodifier/) },
    ]);
  });

  test("a folder that is not there is a failure, and none at all a warning", async () => {
    expect(
      faults(await runChecks([checkRules([join(folder, "nosuch")])])).map(({ status }) => status),
    ).toEqual(["warn", "fail"]);
  });
});

describe("the port", () => {
  const check = (port: number): Promise<Finding[]> =>
    runChecks([checkPort({ host: "127.0.0.1", port, service: "notification-service" })]);

  test("a free one is well, and free again afterwards", async () => {
    const port = await answering({});
    servers.pop()?.close();
    await expect.poll(async () => faults(await check(port))).toEqual([]);
    await expect.poll(async () => faults(await check(port))).toEqual([]);
  });

  test("one that the service itself has is well, one that another has is a failure", async () => {
    const health = { status: "pass", version: "1", checks: {} };
    expect(faults(await check(await answering({ ...health, service: "notification-service" })))).toEqual([]);
    expect(faults(await check(await answering({ ...health, service: "audit-event-gateway" })))).toMatchObject(
      [{ status: "fail", what: expect.stringContaining("AuditFlow's audit-event-gateway") }],
    );
    const port = await answering("hello");
    expect(faults(await check(port))).toMatchObject([
      {
        status: "fail",
        what: expect.stringContaining("another program"),
        fix: expect.stringContaining("ss -ltnp"),
      },
    ]);
  });

  test("an address that this machine does not have is a failure", async () => {
    const [told] = await runChecks([checkPort({ host: "192.0.2.1", port: 1, service: "x" })]);
    expect(told).toMatchObject({ status: "fail", fix: expect.stringContaining("AUDITFLOW_HOST") });
  });
});

describe("services of other processes", () => {
  const clock = { now: () => Date.now() };
  const place = (port: number) => ({
    ...{
      service: "audit-log-analysis",
      url: `http://127.0.0.1:${port}`,
      setting: "AUDITFLOW_ANALYSIS_URL",
      clock,
    },
  });
  const look = async (port: number): Promise<Finding[]> => runChecks([checkUpstream(place(port))]);
  const health = { status: "pass", service: "audit-log-analysis", version: "1", checks: {} };

  test("one that works is well, another service or another program at its address is a failure", async () => {
    expect(faults(await look(await answering(health)))).toEqual([]);
    for (const body of [{ ...health, service: "notification-service" }, "hello"]) {
      expect(faults(await look(await answering(body)))).toMatchObject([
        { status: "fail", fix: expect.stringContaining("AUDITFLOW_ANALYSIS_URL") },
      ]);
    }
  });

  test("one that says fail is a warning here, and one that is not there a failure", async () => {
    const port = await answering({ ...health, status: "fail" });
    expect(faults(await look(port))).toMatchObject([{ status: "warn" }]);
    servers.pop()?.close();
    expect(faults(await look(port))).toMatchObject([
      { status: "fail", what: expect.stringContaining("ECONNREFUSED") },
    ]);
  });

  test("a clock that is an hour off is a failure", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    expect(faults(await look(await answering(health, { date })))).toMatchObject([
      {
        status: "fail",
        what: expect.stringContaining("ahead of ours"),
        fix: expect.stringContaining("set-ntp"),
      },
    ]);
  });
});

test.each([
  [{ theirs: 1_005, asked: 1_000, answered: 1_010 }, "ok"],
  [{ theirs: 5_000, asked: 1_000, answered: 1_010 }, "warn"],
  [{ theirs: 1_000, asked: 5_000, answered: 5_010 }, "warn"],
  [{ theirs: 0, asked: 60_001, answered: 60_002 }, "fail"],
  // A slow answer is no wrong clock.
  [{ theirs: 1_000, asked: 1_000, answered: 9_000 }, "ok"],
  [{ theirs: 0, asked: 2_900, answered: 2_910, grain: 1_000 }, "ok"],
] as const)("the clock reading %j is %s", (reading, status) => {
  expect(clockSkew({ of: "Redis", ...reading }).status).toBe(status);
});

test.each([
  ["3.10.8", "ok"],
  ["4.0", "ok"],
  ["3.9.29", "fail"],
  ["3", "fail"],
  ["unknown", "ok"],
])("of version %s against 3.10 it says %s", (version, status) => {
  expect(leastVersion("RabbitMQ", version, { least: "3.10", fix: "Upgrade." }).status).toBe(status);
});

test("a check that fails in a way nobody thought of is a finding, and the others are told", async () => {
  const told = await runChecks([
    { area: "a", fix: "Look.", run: () => Promise.reject(new Error("unthought of")) },
    { area: "b", fix: "", run: async () => [{ status: "ok", what: "well" }] },
  ]);
  expect(told).toEqual([
    { area: "a", status: "fail", what: "unthought of", fix: "Look." },
    { area: "b", status: "ok", what: "well" },
  ]);
  expect(existsSync(folder)).toBe(true);
});
