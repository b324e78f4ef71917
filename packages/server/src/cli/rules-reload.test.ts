import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RuleList, RuleReload } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";
import { until } from "../../testing/until.ts";

const rule = (name: string): string => `title: ${name}
logsource: { category: test }
detection: { selection: { event_type: ${name} }, condition: selection }
`;

let data: string;
let folder: string;
let server: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-reload-"));
  folder = await mkdtemp(join(tmpdir(), "auditflow-reload-rules-"));
  await write("a.yml", rule("one"));
  server = await startService(["--data", data], { AUDITFLOW_RULES: folder });
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const on = (...args: string[]) => runCommand(["rules", ...args, "--url", server.url]);
const titles = async (): Promise<string> =>
  (JSON.parse((await on("status", "--json")).stdout) as RuleList).rules.map(({ title }) => title).join();
const events = (name: string) => server.lines.filter((line) => line["event.name"] === name);

describe("auditflow rules reload and status", { timeout: 60_000 }, () => {
  test("status shows every replica with its set", async () => {
    const { code, stdout } = await on("status");
    expect(stdout).toMatch(/^REPLICA +RULES +VERSION +PROBLEMS +SUSPENDED +SINCE$/m);
    expect(stdout).toMatch(/^\S+-\d+ +1 +[0-9a-f]{8} +0 +0 +20\d\d-\S+Z$/m);
    expect(code).toBe(0);
  });

  test("reload takes what the files say and says so", async () => {
    expect((await on("reload")).stdout).toMatch(/^REPLICA .* OUTCOME\n\S+ +1 .* unchanged$/m);
    await write("b.yml", rule("two"));
    const { code, stdout } = await on("reload", "--json");
    expect(code).toBe(0);
    // The watch may have been first.
    expect(["complete", "unchanged"]).toContain((JSON.parse(stdout) as RuleReload).replicas[0]?.outcome);
    expect(await titles()).toBe("one,two");
  });

  test("a faulty file is told with its place, ends with 1, and everything stays in force", async () => {
    await write("a.yml", rule("other"));
    await write("b.yml", "title: [");
    const { code, stdout } = await on("reload");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\S+ +2 +\S+ +\d+, refused +0 +refused$/m);
    expect(stdout).toContain(`${join(folder, "b.yml")}:1:`);
    expect(stdout).toMatch(/^The files were refused whole/m);
    expect(await on("status")).toMatchObject({ code: 1, stdout: expect.stringContaining("b.yml:1:") });
    expect(await titles()).toBe("one,two");
  });

  test("SIGHUP has the process look at its files, and ends it not", async () => {
    await write("b.yml", rule("two"));
    process.kill(server.pid, "SIGHUP");
    await until(async () => (await titles()) === "other,two", "the rules are those of the files");
    expect(events("rules.reload_asked").at(-1)).toMatchObject({ by: "signal" });
  });

  test("SIGHUP ends no process without rules either, which says so", async () => {
    const env = { TRANSPORT_URL: "amqp://127.0.0.1:9" };
    const gateway = await startService(["audit-event-gateway"], env);
    process.kill(gateway.pid, "SIGHUP");
    await until(
      () => gateway.lines.some((line) => line["event.name"] === "rules.reload_asked"),
      "it is in the log",
    );
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
    expect(await gateway.end("SIGTERM")).toBe(0);
  });
});
