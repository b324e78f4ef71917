import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlertList, Throughput } from "@auditflow/contracts";
import { type Browser, startBrowser } from "../packages/server/testing/browser.ts";
import { startService } from "../packages/server/testing/process.ts";
import { chromiumEnvironment } from "./chromium.ts";
import { root } from "./root.ts";
import { runCommand } from "./run-command.ts";

/** A picture: which page, and what must stand on it before it is taken. */
interface Shot {
  readonly name: string;
  readonly path: string;
  readonly ready: string;
}

const scenarios = [
  "password-spray",
  "sensitive-file-tampering",
  "privilege-escalation",
  "account-takeover",
  "brute-force",
];

const folder = join(root, "docs/images");

/** Plays the demo and every attack until the charts have something to show. */
async function play(url: string): Promise<readonly Shot[]> {
  await send(`${url}/api/v1/generator/rate`, "PUT", {
    events_per_second: 40,
    shape: "burst",
    period_seconds: 30,
  });
  for (const name of scenarios) {
    await send(`${url}/api/v1/generator/scenarios/${name}`, "POST");
    say(`played ${name}`);
    await sleep(8_000);
  }
  await until("a minute of throughput", async () => {
    const to = new Date();
    const from = new Date(to.getTime() - 120_000).toISOString();
    const query = `from=${from}&to=${to.toISOString()}&bucket_seconds=5`;
    const { buckets } = await read<Throughput>(`${url}/api/v1/services/throughput?${query}`);
    return buckets.length >= 12;
  });
  const { alerts } = await read<AlertList>(`${url}/api/v1/alerts?limit=50`);
  const shown = alerts.find(({ rule_name }) => /after/i.test(rule_name)) ?? alerts[0]!;
  return [
    { name: "overview", path: "/", ready: "h1" },
    { name: "alerts", path: "/alerts", ready: `a[href*="${alerts[0]!.alert_id}"]` },
    { name: "alert", path: `/alerts/${shown.alert_id}`, ready: "h2" },
    { name: "rules", path: "/rules?sort=-matches", ready: ".rule-link" },
    { name: "services", path: "/services", ready: "table" },
    { name: "generator", path: "/generator", ready: "h1" },
  ];
}

async function take(browser: Browser, url: string, shots: readonly Shot[]): Promise<void> {
  const sizes = [
    { suffix: "", width: 1440, height: 900 },
    { suffix: "-phone", width: 390, height: 844 },
  ];
  for (const scheme of ["light", "dark"] as const) {
    for (const { suffix, ...size } of sizes) {
      for (const { name, path, ready } of shots) {
        const page = await browser.page({ scheme, ...size });
        await page.goto(`${url}${path}`);
        await page.waitForSelector(ready);
        await page.waitForSelector("[aria-busy=true]", { state: "detached" });
        await page.waitForSelector("text=Live");
        const file = `${name}-${scheme}${suffix}.png`;
        await page.screenshot({ path: join(folder, file) });
        await page.close();
        say(`took docs/images/${file}`);
      }
    }
  }
}

async function send(url: string, method: string, body: object = {}): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
}

async function read<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    if (await holds()) return;
    await sleep(1_000);
  }
  throw new Error(`there was never ${what}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const built = await runCommand(["npm", "run", "--silent", "build:page"], { output: "show", seconds: 120 });
  if (built.code !== 0) throw new Error("the page could not be built");
  Object.assign(process.env, await chromiumEnvironment());
  const data = await mkdtemp(join(tmpdir(), "auditflow-screenshots-"));
  const service = await startService(["--demo", "--data", data]);
  const browser = await startBrowser();
  try {
    await take(browser, service.url, await play(service.url));
  } finally {
    await browser.close();
    await service.end("SIGTERM");
    await rm(data, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
