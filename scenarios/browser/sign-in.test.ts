import { exec } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Browser, startBrowser } from "../../packages/server/testing/browser.ts";
import { type Running, startService } from "../../packages/server/testing/process.ts";
import { pageStory } from "./page-story.ts";

const alertLinks = 'main a[href^="/alerts/"]';
/** Beyond loopback a token is asked for. */
const beyond = "0.0.0.0";

async function attack(base: string, token: string): Promise<void> {
  const answer = await fetch(`${base}/api/v1/generator/scenarios/sensitive-file-tampering`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(202);
}

async function enter(page: Page, token: string): Promise<void> {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  // It has the focus by itself: nobody needs a mouse.
  await page.locator("input[name=token][type=password]:focus").waitFor();
  await page.keyboard.type(token);
  await page.keyboard.press("Enter");
}

async function statusOf(page: Page, path: string): Promise<number> {
  return await page.evaluate<number>(`fetch(${JSON.stringify(path)}).then((answer) => answer.status)`);
}

/** What is on the page once somebody is signed in. */
async function usesThePage(page: Page, base: string, token: string): Promise<void> {
  await page.locator(alertLinks).first().waitFor();
  const before = await page.locator(alertLinks).count();
  await page.getByText("Live", { exact: true }).waitFor();
  await attack(base, token);
  await expect.poll(() => page.locator(alertLinks).count(), { timeout: 20_000 }).toBeGreaterThan(before);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "CSV" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toMatch(/^alert_id,/);
}

/** Wrong, then right, then out again; the address stays what it was. */
async function comesAndGoes(page: Page, base: string, token: string): Promise<void> {
  const address = `${base}/alerts?filter=-status:closed`;
  await attack(base, token);
  await page.goto(address);
  await enter(page, "a-token-of-another-server");
  await page.getByText("That is not the token of this server.").waitFor();
  await enter(page, token);
  await usesThePage(page, base, token);
  expect(page.url()).toBe(address);
  const cookies = await page.context().cookies();
  expect(cookies).toEqual([expect.objectContaining({ httpOnly: true, sameSite: "Strict", secure: false })]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(page.url()).toBe(address);
  expect(await page.context().cookies()).toEqual([]);
  expect(await statusOf(page, "/api/v1/alerts")).toBe(401);
}

describe("a server beyond loopback with a data folder", { timeout: 120_000 }, () => {
  let browser: Browser;
  let data: string;
  let server: Running;
  let base: string;
  let token: string;
  beforeEach(async () => {
    browser = await startBrowser();
    data = await mkdtemp(join(tmpdir(), "auditflow-sign-in-"));
    server = await startService(["--data", data, "--host", beyond]);
    base = `http://127.0.0.1:${new URL(server.url).port}`;
    token = (await readFile(join(data, "token"), "utf8")).trim();
  });
  afterEach(async () => {
    await browser.close();
    await server.end("SIGTERM");
    await rm(data, { recursive: true, force: true });
  });

  test("lets whoever has its token in, and out again", async () => {
    const page = await browser.page();
    await comesAndGoes(page, base, token);
  });

  test("opens the API's page with the session too", async () => {
    const page = await browser.page();
    await page.goto(`${base}/services`);
    await enter(page, token);
    await page.getByRole("heading", { name: "Services" }).waitFor();
    await page.goto(`${base}/api/docs`);
    await page.getByText("Begins a session").first().waitFor({ timeout: 30_000 });
  });

  test("tells how to send a first event, which works as printed for who has the token", async () => {
    const page = await browser.page();
    await page.goto(`${base}/alerts`);
    await enter(page, token);
    const command = await page.locator("pre", { hasText: "curl" }).textContent();
    await promisify(exec)(command ?? "", { env: { ...process.env, AUDITFLOW_TOKEN: token } });
    await page.locator(alertLinks).first().waitFor();
  });

  test("asks again when the session is gone, and goes on where one was", async () => {
    const page = await browser.page();
    await page.goto(`${base}/services`);
    await enter(page, token);
    await page.getByRole("heading", { name: "Services" }).waitFor();
    await page.context().clearCookies();
    await page.getByRole("link", { name: "Channels" }).click();
    await enter(page, token);
    await page.getByRole("heading", { name: "Channels" }).waitFor();
  });

  test("shows a sign-in that passes axe in both schemes, with its error too, and fits a phone", async () => {
    for (const scheme of ["light", "dark"] as const) {
      for (const size of [
        { width: 1440, height: 900 },
        { width: 360, height: 740 },
      ]) {
        const page = await browser.page({ scheme, ...size });
        await page.goto(base);
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        for (const state of ["empty", "refused"]) {
          if (state === "refused") await enter(page, "wrong");
          if (state === "refused") await page.getByRole("alert").waitFor();
          const { violations } = await new AxeBuilder({ page }).analyze();
          const found = violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
          );
          expect(found, `${state} ${scheme} ${size.width}`).toEqual([]);
          const [inside, all] = await page.evaluate<[number, number]>(
            "[document.documentElement.clientWidth, document.documentElement.scrollWidth]",
          );
          expect(all).toBe(inside);
        }
        await page.close();
      }
    }
  });
});

const shared = "the-token-that-all-processes-have";

pageStory(
  "a session of the front door opens the services behind it",
  async (s) => {
    const base = s.system.page();
    const page = await s.open("/alerts");
    await comesAndGoes(page, base, shared);
    await page.close();
  },
  { shapes: ["distributed"], settings: { AUDITFLOW_API_TOKEN: shared, AUDITFLOW_HOST: beyond } },
);
