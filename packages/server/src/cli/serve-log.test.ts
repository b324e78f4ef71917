import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Running, startService } from "../../testing/process.ts";
import { until } from "../../testing/until.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function started(args: readonly string[], env: Record<string, string>): Promise<Running> {
  const running = await startService(args, env);
  ends.push(() => running.end("SIGKILL"));
  return running;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "serve-log-"));
  ends.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The URL of a test server with a password that is wrong. */
function withPassword(variable: string, password: string): string {
  const given = process.env[variable];
  if (given === undefined)
    throw new Error(`${variable} is not set: run \`npm test\`, which starts the servers`);
  const url = new URL(given);
  url.password = password;
  return url.href;
}

test("no line tells the password of an URL, though none of them is right and everything is logged", async () => {
  const passwords = ["wrong-amqp-w0rd", "wrong-redis-w0rd", "wrong%40postgres-w0rd", "wrong-smtp-w0rd"];
  const [amqp = "", redis = "", postgres = "", smtp = ""] = passwords;
  const servers = {
    TRANSPORT_URL: withPassword("AUDITFLOW_TEST_AMQP_URL", amqp),
    WINDOWS_URL: withPassword("AUDITFLOW_TEST_REDIS_URL", redis),
    DATABASE_URL: withPassword("AUDITFLOW_TEST_POSTGRES_URL", postgres),
  };
  const running = await started([], {
    ...servers,
    ...{
      AUDITFLOW_SMTP_URL: `smtp://me:${smtp}@127.0.0.1:9`,
      AUDITFLOW_API_TOKEN: "a-token-of-the-api-w0rd",
    },
    ...{ AUDITFLOW_LOG_LEVEL: "trace" },
  });
  const isDown = (need: string): boolean =>
    running.lines.some((line) => line["need"] === need && line["severity_text"] === "WARN");
  const needs = ["transport", "windows", "database"];
  await until(() => needs.every(isDown), `a line for each dependency that refuses: ${needs}`);
  await fetch(`${running.url}/api/v1/alerts`, {
    headers: { authorization: "Bearer a-token-of-the-api-w0rd" },
  });
  expect(await running.end("SIGTERM")).toBe(0);
  const output = JSON.stringify(running.lines);
  for (const secret of [...passwords, "wrong@postgres-w0rd", "a-token-of-the-api"])
    expect(output).not.toContain(secret);
});

test("each line of a process has its instance, which no other process has", async () => {
  const running = await started([], { AUDITFLOW_DATA: folder() });
  await running.end("SIGTERM");
  const instances = new Set(running.lines.map((line) => line["service.instance.id"]));
  expect([...instances]).toEqual([expect.stringMatching(new RegExp(`-${running.pid}$`))]);
});

test("the file of the level is followed while the process runs, with the levels of modules", async () => {
  const file = join(folder(), "level");
  writeFileSync(file, "level: warn\nmodules: { app: info }\n");
  const running = await started([], { AUDITFLOW_DATA: folder(), AUDITFLOW_LOG_LEVEL_FILE: file });
  const changes = (): readonly Record<string, unknown>[] =>
    running.lines.filter((line) => line["event.name"] === "log.level_changed");
  expect(changes()).toMatchObject([{ level: "warn", modules: { app: "info" } }]);
  expect(running.lines.some((line) => line["event.name"] === "rules.loaded")).toBe(false);
  writeFileSync(`${file}.new`, "debug\n");
  renameSync(`${file}.new`, file);
  await until(() => changes().length === 2, "the line of the change");
  await fetch(`${running.url}/no-such-page`);
  expect(changes().at(-1)).toMatchObject({ level: "debug", modules: {}, reason: "settings" });
  expect(await running.end("SIGTERM")).toBe(0);
});

test("what Node warns of is a line of the log like any other", async () => {
  const warns = "setInterval(() => process.emitWarning('look out'), 200).unref()";
  const running = await started([], {
    AUDITFLOW_DATA: folder(),
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(warns)}`,
  });
  const line = await until(
    () => running.lines.find((one) => one["event.name"] === "process.warning"),
    "the line of the warning",
  );
  expect(line).toMatchObject({ severity_text: "WARN", error: { type: "Warning", message: "look out" } });
});
