import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "vitest";
import { type PageStory, pageStory } from "./page-story.ts";

const schemes = ["light", "dark"] as const;
const sizes = [
  { width: 1440, height: 900 },
  { width: 360, height: 740 },
];

/** axe finds nothing, and nothing sticks out at the side. */
async function looksSound(s: PageStory, path: string): Promise<void> {
  for (const scheme of schemes) {
    for (const size of sizes) {
      const page = await s.open(path, { scheme, ...size });
      await page.locator("h1").waitFor();
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      expect(found, `${path} ${scheme} ${size.width}`).toEqual([]);
      const [inside, all] = await page.evaluate<[number, number]>(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]",
      );
      expect(all, `${path} at ${size.width} px scrolls sideways`).toBe(inside);
      await page.close();
    }
  }
}

pageStory("every page passes axe in both schemes and fits a phone", async (s) => {
  for (const attack of ["brute-force", "account-takeover", "sensitive-file-tampering"])
    await s.attack(attack);
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBeGreaterThan(4);
  const [alert] = await s.alerts();
  for (const path of ["/", "/alerts", `/alerts/${alert!.alert_id}`, "/services", "/generator"])
    await looksSound(s, path);
});

pageStory("the pages of incidents, channels and rules pass axe too", async (s) => {
  for (const path of ["/incidents", "/channels", "/rules"]) await looksSound(s, path);
  const added = await fetch(`${s.system.page()}/api/v1/channels`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "log", settings: {} }),
  });
  expect(added.status).toBe(201);
  await s.attack("sensitive-file-tampering");
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBeGreaterThan(0);
  const [alert] = await s.alerts();
  for (const path of ["/incidents", `/incidents/${alert!.incident_id}`, "/channels"])
    await looksSound(s, path);
});

pageStory("the states without content pass axe too", async (s) => {
  for (const path of ["/", "/alerts", "/alerts/00000000-0000-4000-8000-000000000000", "/nowhere"])
    await looksSound(s, path);
});
