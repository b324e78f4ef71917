import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommand } from "../../testing/process.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-doctor-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

const config = async (lines: readonly string[]): Promise<string> => {
  const file = join(folder, `${crypto.randomUUID()}.yml`);
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
};

describe("auditflow doctor", { timeout: 60_000 }, () => {
  test("with nothing set up looks at this machine, finds it well and ends with 0", async () => {
    const file = await config(["port: 0"]);
    const { code, stdout } = await runCommand(["doctor", "--data", join(folder, "data"), "--config", file]);
    expect(stdout).toMatch(/^ok {4}program {2}Node 24\./m);
    for (const area of ["data", "disk", "rules", "port"])
      expect(stdout).toMatch(new RegExp(`^\\w+ +${area} `, "m"));
    expect(stdout).toMatch(/\n\n\d+ ok, \d+ warn, 0 fail\n$/);
    expect(code).toBe(0);
  });

  test("servers that are not there are failures with their fix, and it ends with 1", async () => {
    const file = await config([
      "port: 0",
      "transport_url: amqp://user:hidden@127.0.0.1:9",
      "database_url: postgres://user:hidden@127.0.0.1:9/auditflow",
    ]);
    const { code, stdout } = await runCommand(["doctor", "notification-service", "--config", file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}broker +cannot connect: .*ECONNREFUSED.*\n +-> Start RabbitMQ/m);
    expect(stdout).toMatch(/^fail {2}database +cannot connect: .*ECONNREFUSED.*\n +-> Start PostgreSQL/m);
    expect(stdout).not.toContain("hidden");
    const json = await runCommand(["doctor", "notification-service", "--config", file, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: "fail",
      findings: expect.arrayContaining([
        { area: "broker", status: "fail", what: expect.any(String), fix: expect.any(String) },
      ]),
    });
  });

  test("faults of the settings are told each, for nothing else can be looked at then", async () => {
    const file = await config(["log_levle: debug", "port: 99999999"]);
    const { code, stdout } = await runCommand(["doctor", "--config", file]);
    expect(code).toBe(1);
    expect(stdout).toContain("did you mean log_level?");
    expect(stdout).toContain("0 ok, 0 warn, 2 fail");
  });
});
