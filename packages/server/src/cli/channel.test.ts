import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Channel, Delivery } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answers, type HttpReceiver, startHttpReceiver } from "../../testing/http-receiver.ts";
import { type Running, runCommand, startService } from "../../testing/process.ts";
import { until } from "../../testing/until.ts";

let data: string;
let server: Running;
let hook: HttpReceiver;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-channel-"));
  hook = await startHttpReceiver();
  server = await startService(["--data", data], { AUDITFLOW_ALLOWED_RECEIVERS: "127.0.0.1" });
});

afterAll(async () => {
  await server.end("SIGTERM");
  await hook.stop();
  await rm(data, { recursive: true });
});

const on = (...args: string[]) => runCommand([...args, "--url", server.url]);

/** An event that is one alert of its own. */
async function tamper(user: string): Promise<void> {
  const event = {
    ...{ event_id: crypto.randomUUID(), timestamp: "2026-03-01T09:00:00Z", source_service: "test" },
    ...{ server_hostname: "host-1", event_type: "file_modified", severity: "INFO", user_id: user },
    ...{ action_result: "", details: { resource: "/etc/passwd" } },
  };
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(event) };
  expect((await fetch(`${server.url}/api/v1/events`, request)).status).toBe(202);
}

async function deliveries(...args: string[]): Promise<Delivery[]> {
  return JSON.parse((await on("deliveries", "--json", ...args)).stdout) as Delivery[];
}

describe("auditflow channel and deliveries", { timeout: 90_000 }, () => {
  test("one command adds a channel and shows that it arrives", async () => {
    const { code, stdout } = await on("channel", "add", "slack", hook.url, "--test");
    expect(stdout).toMatch(
      /^Added "slack": Slack at 127\.0\.0\.1\S* is told of incidents from HIGH on\nTest delivered/,
    );
    expect([code, hook.requests.length]).toEqual([0, 1]);
  });

  test("a webhook's URL comes from a file, and its secret is shown once", async () => {
    const file = join(data, "url.txt");
    await writeFile(file, `${hook.url}/token-of-mine\n`);
    const { code, stdout } = await on("channel", "add", "webhook", `@${file}`, "--name", "pager");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Signing secret: whsec_\S+\n.*not shown again/),
    ]);
    const shown = await on("channel", "show", "pager");
    expect(shown.stdout).toMatch(/^secret +\(set, never shown\)$/m);
    expect(shown.stdout + (await on("channel", "list")).stdout).not.toMatch(/whsec_|token-of-mine/);
  });

  test("a channel is found by name or id, switched off and on, and removed", async () => {
    const { stdout } = await on("channel", "add", "log", "--name", "mine", "--min-severity", "low", "--json");
    const made = JSON.parse(stdout) as Channel;
    expect(made).toMatchObject({ name: "mine", kind: "log", min_severity: "LOW" });
    expect((await on("channel", "disable", made.channel_id)).stdout).toContain('"mine" is told no more');
    expect((await on("channel", "list")).stdout).toMatch(/^mine +LOW +off +/m);
    expect((await on("channel", "enable", "mine")).code).toBe(0);
    expect((await on("channel", "test", "mine")).stdout).toContain("Test delivered to the log");
    expect((await on("channel", "remove", "mine")).stdout).toContain('Removed "mine"');
    const gone = await on("channel", "test", "mine");
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('there are "pager", "slack"') });
  });

  test("an incident is told; what was given up is listed and sent again", async () => {
    hook.answer(answers.status(404));
    await tamper("teller");
    const dead = await until(
      async () => {
        const found = await deliveries("--state", "dead");
        return found.length === 2 ? found : undefined;
      },
      "both channels have given up",
      30_000,
    );
    const list = await on("deliveries", "--state", "dead");
    expect(list.stdout).toMatch(/^\S+ +\S+Z +pager +dead +1 +CRITICAL .*404/m);
    hook.answer(answers.status(200));
    const [first, second] = dead.map(({ delivery_id }) => delivery_id);
    expect(await on("deliveries", "resend", first ?? "")).toMatchObject({ code: 0 });
    const rest = await on("deliveries", "resend", "--all-dead");
    expect(rest.stdout).toBe("1 of 1 deliveries that were given up are sent again\n");
    await until(async () => (await deliveries("--state", "delivered")).length === 2, "both arrive", 30_000);
    const told = hook.requests.filter(({ headers }) => headers["webhook-id"] !== undefined);
    expect(new Set(told.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect([first, second]).toContain(told[0]?.headers["webhook-id"]);
    expect((await deliveries("--channel", "pager")).length).toBe(1);
  });

  test("a test that is not delivered ends with 1 and says what to do", async () => {
    hook.answer(answers.status(403));
    const { code, stdout } = await on("channel", "test", "slack");
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/Test not delivered .*403.*\n.*remove the channel/),
    ]);
    hook.answer(answers.status(200));
  });

  test("wrong use ends with 2 or 1 and says what is right", async () => {
    const wrong = async (...args: string[]) => {
      const { code, stderr } = await on(...args);
      return `${code} ${stderr}`;
    };
    expect(await wrong("channel", "add", "pigeon")).toMatch(/^2 .*slack/s);
    expect(await wrong("channel", "add", "slack")).toMatch(/^2 .*hooks\.slack\.com/);
    expect(await wrong("channel", "add", "slack", hook.url, "--min-severity", "loud")).toMatch(
      /^2 .*CRITICAL/s,
    );
    expect(await wrong("channel", "add", "slack", "http://10.0.0.1/x")).toMatch(/^1 .*\/body\/settings\/url/);
    expect(await wrong("channel", "add", "log", "--name", "pager")).toMatch(/^1 .*"pager" already/);
    expect(await wrong("deliveries", "resend")).toMatch(/^2 .*--all-dead/);
    expect(await wrong("deliveries", "resend", crypto.randomUUID())).toMatch(/^1 .*no delivery/);
    expect(await wrong("deliveries", "--state", "lost")).toMatch(/^2 .*dead/s);
  });

  test("the help has examples", async () => {
    for (const command of [["channel"], ["channel", "add"], ["deliveries"], ["deliveries", "resend"]]) {
      const { code, stdout } = await runCommand([...command, "--help"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining(`$ auditflow ${command.join(" ")}`)]);
    }
  });
});
