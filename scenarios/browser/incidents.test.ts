import type { AlertSummary, Incident, IncidentList } from "@auditflow/contracts";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { type PageStory, pageStory } from "./page-story.ts";

/** Two alerts about one file by one person, and one about another person. */
async function twoIncidents(s: PageStory): Promise<{ incident: Incident; alerts: AlertSummary[] }> {
  s.at("09:00").changesFile("/etc/shadow");
  s.at("09:05").changesFile("/etc/shadow");
  s.at("09:10").changesFile("/etc/shadow", { by: "trudy" });
  await s.send();
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(3);
  const answer = await fetch(`${s.system.page()}/api/v1/incidents`);
  const { incidents } = (await answer.json()) as IncidentList;
  expect(incidents.map(({ alert_count }) => alert_count)).toContain(2);
  expect(incidents).toHaveLength(2);
  const incident = incidents.find(({ alert_count }) => alert_count === 2)!;
  const alerts = (await s.alerts()).filter(({ incident_id }) => incident_id === incident.incident_id);
  return { incident, alerts };
}

async function act(s: PageStory, incident: Incident, deed: object): Promise<void> {
  const answer = await fetch(`${s.system.page()}/api/v1/incidents/${incident.incident_id}/actions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(deed),
  });
  expect(answer.status).toBe(200);
}

const link = (incident: Incident) => `a[href="/incidents/${incident.incident_id}"]`;

/** How often a status stands in the table of the incident's alerts. */
async function expectStatuses(page: Page, status: string, times: number): Promise<void> {
  const table = page.getByRole("table", { name: /Alerts of the incident/ });
  await expect.poll(() => table.getByText(status, { exact: true }).count()).toBe(times);
}

pageStory(
  "alerts that belong together are one incident, and what is done to it is done to all of them",
  async (s) => {
    const { incident, alerts } = await twoIncidents(s);
    const page = await s.open("/incidents");
    await page.locator(link(incident)).click();
    await page.getByRole("heading", { name: incident.title, level: 1 }).waitFor();
    for (const { alert_id } of alerts) await page.locator(`table a[href="/alerts/${alert_id}"]`).waitFor();
    await expectStatuses(page, "Open", 2);

    await page.keyboard.press("a");
    await page.getByText("Acknowledged this incident").waitFor();
    await expectStatuses(page, "Acknowledged", 2);
    await page.keyboard.press("u");
    await page.getByText("Undone: 2 alerts are as before").waitFor();
    await expectStatuses(page, "Open", 2);

    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "Expected activity" }).check();
    await dialog.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByText("Closed this incident").waitFor();
    await expectStatuses(page, "Closed", 2);
    await page.getByText("Closed: expected activity").waitFor();
    expect((await s.alerts()).map(({ status }) => status).sort()).toEqual(["closed", "closed", "open"]);
    await page.close();
  },
);

pageStory(
  "the list of incidents says why a row is gone, shows closed ones when asked, and narrows",
  async (s) => {
    const { incident } = await twoIncidents(s);
    const page = await s.open("/incidents");
    await page.locator(link(incident)).waitFor();
    // As somebody who reads: nothing may move by itself.
    await page.locator(link(incident)).focus();
    await act(s, incident, { action: "close", reason: "handled" });
    await page.getByText("1 incident left the list: it no longer matches").first().waitFor();
    await expect.poll(() => page.locator(link(incident)).count()).toBe(0);
    await page.getByRole("button", { name: "Closed" }).click();
    await page.locator(link(incident)).waitFor();
    expect(new URL(page.url()).search).toContain("closed");

    await page.getByRole("combobox", { name: "Filter" }).fill("user:trudy");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".incident-link").count()).toBe(1);
    expect(await page.locator(link(incident)).count()).toBe(0);
    await page.reload();
    await page.locator(".incident-link").first().waitFor();
    expect(await page.locator(".incident-link").count()).toBe(1);
    await page.close();
  },
);

pageStory("an alert leads to its incident and back", async (s) => {
  const { incident, alerts } = await twoIncidents(s);
  const page = await s.open(`/alerts/${alerts[0]!.alert_id}`);
  await page.locator(link(incident)).first().click();
  await page.locator(`table a[href="/alerts/${alerts[1]!.alert_id}"]`).click();
  await page.locator(link(incident)).first().waitFor();
  await page.goBack();
  await page.getByRole("table", { name: /Alerts of the incident/ }).waitFor();
  await page.close();
});

pageStory(
  "a decision about an incident that was changed meanwhile is not made, and the page says so",
  async (s) => {
    const { incident } = await twoIncidents(s);
    const page = await s.open(`/incidents/${incident.incident_id}`);
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    // The page stays with what it has read.
    await page.route(`**/api/v1/incidents/${incident.incident_id}`, (route) => route.abort());
    await act(s, incident, { action: "resolve" });
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("Somebody else changed it meanwhile").waitFor();
    expect((await s.alerts()).filter(({ status }) => status === "resolved")).toHaveLength(2);
    await page.unroute(`**/api/v1/incidents/${incident.incident_id}`);
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    await page.close();
  },
);

pageStory("an incident that is not there is said to be none", async (s) => {
  const page = await s.open("/incidents/00000000-0000-4000-8000-000000000000");
  await page.getByRole("heading", { name: "There is no such incident" }).waitFor();
  await page.getByRole("link", { name: "Go to the incidents" }).click();
  await page.getByText("No incident is like that").waitFor();
  await page.close();
});
