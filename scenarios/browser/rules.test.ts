import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { postEvents, tellingEvent } from "../telling-event.ts";
import { type PageStory, pageStory } from "./page-story.ts";

const folder = await mkdtemp(join(tmpdir(), "auditflow-rules-page-"));
afterAll(() => rm(folder, { recursive: true }));

/** All at once, as a careful operator does. */
async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}`), text);
  await rename(join(folder, `.${name}`), join(folder, name));
}

const rule = (type: string, title = `Saw ${type}`): string => `title: ${title}
level: high
author: Ada
tags: [attack.t1110]
logsource: { category: test }
detection: { selection: { event_type: ${type} }, condition: selection }
`;
const many = 1_500;
const quiet = Array.from({ length: many }, (_, place) => rule(`nothing-${place}`).replace("high", "low"));

await write("often.yml", rule("often"));
await write("seldom.yml", rule("seldom", `Saw it seldom, ${"and said so at great length, ".repeat(8)}`));
await write("many.yml", quiet.join("---\n"));

const row = (page: Page, title: string) => page.getByRole("row").filter({ hasText: title });
const firstRow = (page: Page) => page.locator(".rule-link").first().textContent();
const told = (page: Page, text: string) => page.getByText(text).first().waitFor();

async function happens(s: PageStory, ...types: string[]): Promise<void> {
  const before = (await s.alerts()).length;
  const events = types.map((event_type) => ({
    ...tellingEvent(),
    ...{ event_type, logsource: { category: "test" } },
  }));
  expect((await postEvents(s.system.intake(), events)).status).toBe(202);
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(before + types.length);
}

async function looksSound(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual(
      [],
    );
  }
}

pageStory(
  "the page shows which rules are in force, what each has done, and what is wrong with their files",
  async (s) => {
    await happens(s, "often", "seldom", "often");
    const page = await s.open("/rules");
    await told(page, `${(many + 2).toLocaleString("en-GB")} rules`);

    await page.getByRole("button", { name: "Matches" }).click();
    await expect.poll(() => firstRow(page)).toBe("Saw often");
    expect(await row(page, "Saw often").getByRole("cell").allTextContents()).toEqual(
      expect.arrayContaining(["High", "Detection", "2"]),
    );
    await keepsItsPlaces(s, page);
    await reachesTheLast(page);
    await narrows(page);
    await opensOne(page);
    await tellsOfFaults(page);
    await page.close();
  },
  { settings: { AUDITFLOW_RULES: folder } },
);

/** Numbers change under whoever reads, but no row moves before he has left. */
async function keepsItsPlaces(s: PageStory, page: Page): Promise<void> {
  await page.keyboard.press("j");
  await happens(s, "seldom", "seldom");
  await expect
    .poll(async () => {
      await comesBack(page);
      return row(page, "Saw it seldom").getByRole("cell").allTextContents();
    })
    .toContain("3");
  expect(await firstRow(page)).toBe("Saw often");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Reload" }).click();
  await told(page, "Nothing to do");
  await expect.poll(() => firstRow(page)).toContain("Saw it seldom");
}

/** Whoever comes back to the page sees what is so now, rather than in ten seconds. */
async function comesBack(page: Page): Promise<void> {
  await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
}

/** Of many rules only those in view are in the page, and the keyboard reaches all. */
async function reachesTheLast(page: Page): Promise<void> {
  expect(await page.locator(".rule-link").count()).toBeLessThan(100);
  await page.locator(".rule-link").first().focus();
  await page.keyboard.press("End");
  const inFocus = page.locator(".rule-link:focus");
  await expect
    .poll(async () => (await inFocus.count()) === 1 && (await inFocus.textContent()))
    .toBe(`Saw nothing-${many - 1}`);
}

async function narrows(page: Page): Promise<void> {
  await page.getByRole("button", { name: "High" }).click();
  await told(page, "2 of 1,502 shown");
  await page.getByLabel("Activity").selectOption("Never matched");
  await told(page, "No rule is like that");
  await page.getByRole("button", { name: "Show all rules" }).click();
  await page.getByRole("searchbox", { name: "Words" }).fill("ADA nothing-77");
  await told(page, "11 of 1,502 shown");
  await page.reload();
  await told(page, "11 of 1,502 shown");
  expect(new URL(page.url()).search).toBe("?find=ADA+nothing-77&sort=-matches");
  await page.getByRole("searchbox", { name: "Words" }).fill("often");
  await told(page, "1 of 1,502 shown");
}

async function opensOne(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Saw often", exact: true }).click();
  const drawer = page.getByRole("dialog", { name: "Saw often" });
  await drawer.getByText("Ada", { exact: true }).waitFor();
  await drawer.getByRole("link", { name: "attack.t1110" }).waitFor();
  await drawer.getByText("detection: { selection: { event_type: often }").waitFor();
  await looksSound(page);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  expect(new URL(page.url()).searchParams.has("rule")).toBe(false);
  await page.getByRole("link", { name: "2 alerts of Saw often" }).click();
  const alerts = page.getByRole("table", { name: "Alerts, newest first" });
  await alerts.getByRole("link", { name: "Saw often" }).first().click();
  await page.getByRole("link", { name: "Among the rules" }).click();
  await drawer.waitFor();
  await page.getByRole("button", { name: "Close the rule" }).click();
  await drawer.waitFor({ state: "detached" });
}

async function tellsOfFaults(page: Page): Promise<void> {
  await write("seldom.yml", rule("seldom").replace("event_type", "event_type|regular"));
  await page.getByRole("button", { name: "Reload" }).click();
  await told(page, "Refused");
  const faults = page.getByRole("region", { name: "Faults" });
  await faults.getByText(/seldom\.yml:6:\d+/).waitFor();
  await faults.getByText("event_type|regular").first().waitFor();
  await told(page, "The set from before stays in force");
  await told(page, "1,502 rules");
  await looksSound(page);
  await write("seldom.yml", rule("seldom"));
  await page.getByRole("button", { name: "Reload" }).click();
  await told(page, "The rules are in force as the files say");
  await faults.waitFor({ state: "detached" });
}
