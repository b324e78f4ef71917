import { until } from "../../../packages/server/testing/until.ts";
import { tellingEvent } from "../../../scenarios/telling-event.ts";
import { type Engine, told } from "./engine.ts";
import { explain } from "./exit-codes.ts";
import { insist, type Report } from "./report.ts";

const name = "auditflow-check-embedded";
const volume = "auditflow-check-data";
const subject = "embedded";

/** The whole product in one container that is given nothing but a volume for its data. */
export async function checkEmbedded(report: Report, engine: Engine, image: string): Promise<void> {
  await engine.command(["rm", "--force", name]);
  await engine.command(["volume", "rm", "--force", volume]);
  try {
    const runs = await report.check(subject, "run -v data:/data IMAGE is the whole product", () =>
      start(engine, image),
    );
    if (!runs) return;
    await report.check(subject, "an event sent to it becomes an alert", () => alertOf(engine));
    await report.check(subject, "its token is in its data folder, and nobody gets in without", () =>
      access(engine),
    );
    await report.check(subject, "SIGTERM: exit 0; what it kept is there after the next start", () =>
      again(engine),
    );
  } finally {
    await engine.command(["rm", "--force", name]);
    await engine.command(["volume", "rm", "--force", volume]);
  }
}

async function start(engine: Engine, image: string): Promise<string> {
  await told(engine, "run", "--detach", "--name", name, "--volume", `${volume}:/data`, image);
  const started = performance.now();
  await untilUp(engine);
  return `ready after ${((performance.now() - started) / 1000).toFixed(1)} s`;
}

async function untilUp(engine: Engine): Promise<void> {
  await until(
    async () => (await engine.command(["exec", name, "auditflow", "status"])).code === 0,
    "auditflow status is content",
    30_000,
  ).catch(async (error: unknown) => {
    throw new Error(
      `${String(error)}; its log: ${(await engine.command(["logs", name])).output.slice(-600)}`,
    );
  });
}

/** A script of Node inside the container, which has no other program. */
function script(engine: Engine, text: string): Promise<string> {
  return told(engine, "exec", name, "/usr/local/bin/node", "--input-type=module", "--eval", text);
}

const ask = `const token = (await import("node:fs")).readFileSync("/data/token", "utf8").trim();
const ask = (path, options = {}) => fetch("http://127.0.0.1:8080" + path,
  { ...options, headers: { authorization: "Bearer " + token, "content-type": "application/json" } });`;

async function alertOf(engine: Engine): Promise<string> {
  const event = tellingEvent();
  const sent = await script(
    engine,
    `${ask} console.log((await ask("/api/v1/events", { method: "POST", body: ${JSON.stringify(JSON.stringify([event]))} })).status)`,
  );
  insist(sent === "202", `the event was answered ${sent}`);
  return await until(async () => {
    const text = await script(engine, `${ask} console.log(await (await ask("/api/v1/alerts")).text())`);
    const { alerts } = JSON.parse(text) as { readonly alerts: readonly { readonly alert_name: string }[] };
    return alerts[0]?.alert_name;
  }, "the alert is in the list");
}

async function access(engine: Engine): Promise<string> {
  const status = await script(
    engine,
    'console.log((await fetch("http://127.0.0.1:8080/api/v1/alerts")).status)',
  );
  insist(status === "401", `without a token the alerts are answered ${status}`);
  const page = await script(engine, 'console.log((await fetch("http://127.0.0.1:8080/")).status)');
  insist(page === "200", `the page is answered ${page}`);
  const token = await told(engine, "exec", name, "auditflow", "token");
  insist(/^[0-9a-f]{64}$/.test(token), `auditflow token says ${token.slice(0, 80)}`);
  return "401 without; `auditflow token` prints it";
}

async function again(engine: Engine): Promise<string> {
  await told(engine, "kill", "--signal", "SIGTERM", name);
  const code = Number(await told(engine, "wait", name));
  insist(code === 0, `exit code ${code}: ${explain(code)}`);
  await told(engine, "start", name);
  await untilUp(engine);
  const text = await script(
    engine,
    `${ask} console.log((await (await ask("/api/v1/alerts")).json()).alerts.length)`,
  );
  insist(text === "1", `there are ${text} alerts after the next start`);
  return "1 alert, kept";
}
