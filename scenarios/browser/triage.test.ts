import type { AlertSummary } from "@auditflow/contracts";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { type PageStory, pageStory } from "./page-story.ts";

const rows = 'a[href^="/alerts/"]';

/** So many alerts, one each second, of one person each. */
async function tellOf(s: PageStory, count: number): Promise<readonly AlertSummary[]> {
  for (let at = 0; at < count; at += 1) {
    const [minute, second] = [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, "0"));
    s.at(`09:${minute}:${second}`).changesFile("/etc/shadow", { by: `user-${at}` });
  }
  await s.send();
  await expect.poll(async () => (await s.alerts()).length, { timeout: 30_000 }).toBe(count);
  return await s.alerts();
}

async function act(s: PageStory, alertId: string, deed: object): Promise<void> {
  const answer = await fetch(`${s.system.page()}/api/v1/alerts/${alertId}/actions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(deed),
  });
  expect(answer.status).toBe(200);
}

const statuses = async (s: PageStory): Promise<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(await s.alerts(), ({ status }) => status)).map(([status, all]) => [
      status,
      all.length,
    ]),
  );

async function shows(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.locator(rows).count(), { timeout: 10_000 }).toBe(count);
}

pageStory(
  "one alert is acknowledged by a key, leaves the list with the reason, and comes back by undo",
  async (s) => {
    await tellOf(s, 3);
    const page = await s.open("/alerts?filter=status:open");
    await shows(page, 3);
    await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await page.getByText("Acknowledged 1 alert").waitFor();
    await page.getByText("1 alert no longer matches the filter and left the list").waitFor();
    await shows(page, 2);
    expect(await statuses(s)).toEqual({ acknowledged: 1, open: 2 });
    // The row that took its place has the focus: the next key means it.
    await expect
      .poll(() => page.evaluate<boolean>("document.activeElement.matches('.alert-link')"))
      .toBe(true);
    await page.keyboard.press("u");
    await page.getByText("Undone: 1 alert is as before").waitFor();
    await shows(page, 3);
    expect(await statuses(s)).toEqual({ open: 3 });
    await page.close();
  },
);

pageStory("all that match are closed at once, both numbers being said, and taken back at once", async (s) => {
  await tellOf(s, 230);
  const page = await s.open("/alerts");
  await page.locator(rows).first().waitFor();
  await page.getByRole("checkbox", { name: "Choose all loaded alerts" }).click();
  await page.getByText("200 alerts chosen").waitFor();
  await page.getByRole("button", { name: "200 loaded: count all that match" }).click();
  await page.getByRole("button", { name: "200 loaded: choose all 230 that match" }).click();
  await page.getByText("All 230 alerts that match are chosen").waitFor();
  await page.getByRole("button", { name: "Close…" }).click();
  const dialog = page.getByRole("dialog", { name: "Close 230 alerts" });
  await dialog.getByRole("radio", { name: "False positive" }).check();
  await dialog.getByRole("textbox").fill("An exercise");
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByText("Closed 230 alerts").waitFor();
  await page.getByText("Nothing is left to look at").waitFor();
  expect(await statuses(s)).toEqual({ closed: 230 });
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone: 230 alerts are as before").waitFor();
  expect(await statuses(s)).toEqual({ open: 230 });
  await page.close();
});

pageStory(
  "when another number matches by now, nothing is changed, and the page says so with the new one",
  async (s) => {
    const [first] = await tellOf(s, 205);
    const page = await s.open("/alerts");
    await page.locator(rows).first().waitFor();
    await page.getByRole("checkbox", { name: "Choose all loaded alerts" }).click();
    await page.getByRole("button", { name: "count all that match" }).click();
    await page.getByRole("button", { name: "choose all 205 that match" }).click();
    await act(s, first!.alert_id, { action: "close", reason: "handled" });
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page
      .getByRole("alert")
      .getByText("204 alerts match now, 205 were expected; nothing was changed")
      .waitFor();
    await page.getByText("All 204 alerts that match are chosen").waitFor();
    expect(await statuses(s)).toEqual({ open: 204, closed: 1 });
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("Acknowledged 204 alerts").waitFor();
    await page.close();
  },
);

pageStory(
  "the page of an alert closes, reopens and assigns it, and its history tells who and why",
  async (s) => {
    const [alert] = await tellOf(s, 1);
    const page = await s.open(`/alerts/${alert!.alert_id}`);
    await page.getByText("Nobody has done anything about it yet").waitFor();
    await page.getByRole("button", { name: "Assign…" }).click();
    await page.getByRole("combobox", { name: "Who takes care of it" }).fill("mia");
    await page.getByRole("button", { name: "Assign", exact: true }).click();
    await page.getByText("Open, assigned to mia").waitFor();
    await page.keyboard.press("c");
    await page.getByRole("radio", { name: "Expected activity" }).check();
    await page.getByRole("dialog").getByRole("textbox").fill("The yearly audit");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByText("Closed: expected activity").first().waitFor();
    await page.getByText("The yearly audit").first().waitFor();
    await page.getByRole("button", { name: "Reopen" }).click();
    await page.getByText("Reopened").first().waitFor();
    await page.keyboard.press("u");
    await page.getByText("Undone: closed again").first().waitFor();
    const [after] = await s.alerts();
    expect(after).toMatchObject({ status: "closed", assignee: "mia", close_reason: "expected_activity" });
    await page.getByRole("link", { name: "Its incident" }).click();
    await page.waitForURL(/\/incidents\//);
    await page.close();
  },
);

pageStory(
  "what somebody else changed meanwhile is not changed over, and the page says what to do",
  async (s) => {
    const [alert] = await tellOf(s, 1);
    const page = await s.open("/services");
    // So that the page cannot learn of it by itself.
    await page.route("**/api/v1/alerts/stream*", (route) => route.abort());
    await page.goto(`${s.system.page()}/alerts/${alert!.alert_id}`);
    await page.getByRole("button", { name: "Resolve" }).waitFor();
    await act(s, alert!.alert_id, { action: "acknowledge", note: "Mine" });
    await page.getByRole("button", { name: "Resolve" }).click();
    await page.getByRole("alert").getByText("Somebody else changed it meanwhile").waitFor();
    await page.getByText("Mine").waitFor();
    expect(await statuses(s)).toEqual({ acknowledged: 1 });
    await page.getByRole("button", { name: "Resolve" }).click();
    await page.getByText("Resolved 1 alert").waitFor();
    await page.close();
  },
);

pageStory("rows are chosen by x, a range with Shift, and Esc lets them go", async (s) => {
  await tellOf(s, 5);
  const page = await s.open("/alerts");
  await shows(page, 5);
  for (const key of ["j", "x", "j", "j", "Shift+X"]) await page.keyboard.press(key);
  await page.getByText("3 alerts chosen").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByText("alerts chosen").count()).toBe(0);
  await page.getByRole("checkbox", { name: "Choose Sensitive file modified" }).nth(1).click();
  await page
    .getByRole("checkbox", { name: "Choose Sensitive file modified" })
    .nth(4)
    .click({ modifiers: ["Shift"] });
  await page.getByText("4 alerts chosen").waitFor();
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Acknowledged 4 alerts").waitFor();
  expect(await statuses(s)).toEqual({ acknowledged: 4, open: 1 });
  await page.close();
});
