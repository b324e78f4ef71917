import { exec } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { expect } from "vitest";
import { pageStory } from "./page-story.ts";

pageStory("an empty page tells how to send a first event, and that works as printed", async (s) => {
  const page = await s.open("/alerts");
  const command = await page.locator("pre", { hasText: "curl" }).textContent();
  await promisify(exec)(command ?? "");
  await page.locator('a[href^="/alerts/"]').first().waitFor();
  await page.close();
});

pageStory("a page whose server is gone says so and keeps what it shows", async (s) => {
  await s.attack("sensitive-file-tampering");
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBeGreaterThan(0);
  const page = await s.open("/alerts");
  await page.locator('a[href^="/alerts/"]').first().waitFor();
  await s.system.stop();
  await page.getByText("AuditFlow does not answer").waitFor();
  expect(await page.locator('a[href^="/alerts/"]').count()).toBeGreaterThan(0);
  await page.close();
});

pageStory("text that looks like markup stays text", async (s) => {
  const text = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>";
  const answer = await fetch(`${s.system.intake()}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      event_id: randomUUID(),
      timestamp: new Date().toISOString(),
      source_service: text,
      server_hostname: text,
      event_type: "file_modified",
      severity: "INFO",
      user_id: text,
      action_result: "MODIFIED",
      resource: "/etc/shadow",
      logsource: { category: "file_event" },
    }),
  });
  expect(answer.status).toBe(202);
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(1);
  const page = await s.open("/alerts");
  await page.locator('a[href^="/alerts/"]').first().click();
  await page.getByText("<img src=x").first().waitFor();
  expect(await page.title()).not.toContain("owned");
  await page.close();
});

pageStory("the address is the view: a filtered list survives a reload", async (s) => {
  await s.attack("account-takeover");
  await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBeGreaterThan(2);
  const critical = (await s.alerts()).filter(({ severity }) => severity === "CRITICAL").length;
  const page = await s.open(`/alerts?severity=${encodeURIComponent('["CRITICAL"]')}`);
  for (const _ of [1, 2]) {
    await page.locator('a[href^="/alerts/"]').first().waitFor();
    await expect.poll(() => page.locator('a[href^="/alerts/"]').count()).toBe(critical);
    await page.reload();
  }
  await page.close();
});
