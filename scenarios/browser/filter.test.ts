import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { type PageStory, pageStory } from "./page-story.ts";

const rows = 'a[href^="/alerts/"]';

/** Alerts of three people, one of them on another server. */
async function tellOfThree(s: PageStory): Promise<void> {
  s.at("09:00").changesFile("/etc/shadow", { by: "alice" });
  s.at("09:01").changesFile("/etc/shadow", { by: "bob" });
  s.at("09:02").changesFile("/etc/shadow", { by: "eve", on: "db-1" });
  await s.send();
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(3);
}

async function shows(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.locator(rows).count(), { timeout: 10_000 }).toBe(count);
}

const filterIn = (page: Page): string | null => new URL(page.url()).searchParams.get("filter");

pageStory("a filter with a fault shows it under its word, and asks only once it is mended", async (s) => {
  await tellOfThree(s);
  const page = await s.open("/alerts");
  await shows(page, 3);
  await page.keyboard.press("/");
  const field = page.getByRole("combobox", { name: "Filter" });
  await expect.poll(() => field.evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
  await page.keyboard.press("End");
  await page.keyboard.type(" user:bob severity:hgih");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("did you mean").waitFor();
  expect(await page.locator("mark").textContent()).toBe("hgih");
  expect([await page.locator(rows).count(), filterIn(page)]).toEqual([3, null]);
  for (const _ of "hgih") await page.keyboard.press("Backspace");
  await page.keyboard.type("crit");
  await page.getByRole("option", { name: "critical" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await shows(page, 1);
  expect(await page.locator("mark").count()).toBe(0);
  expect(filterIn(page)).toBe("-status:closed user:bob severity:critical");
  expect(page.url()).toContain("?filter=-status:closed+user:bob+severity:critical");
  await page.goBack();
  await shows(page, 3);
  expect(await field.inputValue()).toBe("-status:closed");
  await page.close();
});

pageStory(
  "a click on a count shows only that, its minus leaves it out, a chip takes a term away",
  async (s) => {
    await tellOfThree(s);
    const page = await s.open("/alerts");
    const counts = page.getByRole("complementary", { name: "Narrow down" });
    await counts.getByRole("button", { name: "alice" }).first().click();
    await shows(page, 1);
    expect(filterIn(page)).toBe("-status:closed user:alice");
    await page.getByRole("button", { name: "Take away: user alice" }).click();
    await shows(page, 3);
    await counts.getByRole("button", { name: "Leave out web-1" }).click();
    await shows(page, 1);
    await page.getByText("db-1").first().waitFor();
    await page.reload();
    await shows(page, 1);
    expect(filterIn(page)).toBe("-status:closed -host:web-1");
    await page.getByRole("button", { name: "Clear all" }).click();
    await shows(page, 3);
    await page.getByText("closed alerts too").waitFor();
    await page.close();
  },
);

pageStory("an address with a faulty filter says what is wrong and pretends no list", async (s) => {
  await tellOfThree(s);
  const page = await s.open("/alerts?filter=severity:hgih");
  await page.getByRole("alert").getByText("did you mean").waitFor();
  await page.getByText("mend it first").waitFor();
  expect(await page.locator(rows).count()).toBe(0);
  await page.close();
});

pageStory("the file that is exported holds exactly what the list shows", async (s) => {
  await tellOfThree(s);
  const page = await s.open("/alerts?filter=user:alice,bob");
  await shows(page, 2);
  for (const [word, lines] of [
    ["NDJSON", 2],
    ["CSV", 3],
  ] as const) {
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: word, exact: true }).click();
    const text = await readFile(await (await coming).path(), "utf8");
    expect(text.trim().split("\n")).toHaveLength(lines);
    expect(text).toContain("alice");
    expect(text).not.toContain("db-1");
  }
  await page.close();
});

pageStory("a span up to now and a span between two moments narrow the list", async (s) => {
  await tellOfThree(s);
  const page = await s.open("/alerts");
  await shows(page, 3);
  const range = page.getByRole("combobox", { name: "Time range" });
  await range.selectOption("now-24h");
  await page.getByText("No alert passes the filter").waitFor();
  expect(new URL(page.url()).searchParams.get("from")).toBe("now-24h");
  await range.selectOption("custom");
  await page.getByLabel("From").fill("2026-01-15T09:00:30");
  await page.getByLabel("to", { exact: true }).fill("2026-01-15T09:02:00");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await shows(page, 1);
  await page.getByText("bob").first().waitFor();
  await page.close();
});

pageStory("the live stream is asked with the filter of the list, and brings nothing else", async (s) => {
  const page = await s.open("/services");
  const asked = page.waitForRequest((request) => /alerts\/stream\?.*filter=/.test(request.url()));
  await page.goto(`${s.system.page()}/alerts?filter=user:alice`);
  const stream = new URL((await asked).url());
  expect(stream.searchParams.get("filter")).toBe("user:alice");
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  await tellOfThree(s);
  await shows(page, 1);
  await page.getByText("alice").first().waitFor();
  expect(await page.getByText("bob").count()).toBe(0);
  await page.close();
});
