import { expect } from "vitest";
import { startFaultProxy, targetOf } from "../../packages/server/testing/fault-proxy.ts";
import { shapes } from "../system.ts";
import { pageStory } from "./page-story.ts";

const rows = 'a[href^="/alerts/"]';

pageStory(
  "an attack is on an open page without a reload",
  async (s) => {
    const page = await s.open("/alerts");
    await page.waitForSelector("text=Send your first event");
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    const { user_id } = await s.attack("brute-force");
    // In its row: the counts beside the list name the user too, and sooner.
    await page.locator("tr", { hasText: user_id }).filter({ hasText: "Demo" }).first().waitFor();
    await page.close();
  },
  { shapes },
);

pageStory("what came while the connection was cut is there once", async (s) => {
  const proxy = await startFaultProxy({ target: targetOf(s.system.page(), 80) });
  const page = await s.open("/alerts", { base: `http://127.0.0.1:${proxy.port}` });
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  const before = await s.attack("brute-force");
  await page.locator("tr", { hasText: before.user_id }).first().waitFor();
  await proxy.mode("refuse");
  await page.getByText("Not live").waitFor();
  const missed = [await s.attack("brute-force"), await s.attack("brute-force")];
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(6);
  await proxy.mode("pass");
  for (const { user_id } of missed) await page.locator("tr", { hasText: user_id }).first().waitFor();
  await expect.poll(() => page.locator(rows).count()).toBe(6);
  const links = await page.locator(rows).evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(new Set(links).size).toBe(6);
  await page.close();
  await proxy.stop();
});

pageStory("after a restart the alerts are still there", async (s) => {
  await s.attack("sensitive-file-tampering");
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBeGreaterThan(0);
  await s.system.killAndRestart("auditflow");
  const page = await s.open("/alerts");
  await page.locator(rows).first().waitFor();
  await page.close();
});
