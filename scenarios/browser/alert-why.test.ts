import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { postEvents, tellingEvent } from "../telling-event.ts";
import { pageStory } from "./page-story.ts";

const folder = mkdtempSync(join(tmpdir(), "auditflow-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, "rules.yml"),
  `title: Key read
name: key_read
author: Ada Lovelace, Grace Hopper
level: low
tags: [attack.credential-access, attack.t1552.004, cve.2021-44228, detection.emerging-threats]
references: ["https://example.org/keys", "javascript:document.title='owned'"]
logsource: { category: test }
detection:
  keyfile: { resource|endswith: .pem }
  reader: { details.tool: [cat, cp] }
  condition: keyfile and reader
---
title: Keys read by one user
level: high
correlation:
  { type: value_count, rules: [key_read], group-by: [user_id], timespan: 5m, condition: { field: resource, gte: 2 }, generate: true }
`,
);

function read(resource: string) {
  const event = { ...tellingEvent("db1"), resource, logsource: { category: "test" } };
  return { ...event, details: { details: { tool: "cat" } } };
}

pageStory(
  "an alert shows what matched, who wrote the rule, and where its tags are explained; only web addresses are links",
  async (s) => {
    await postEvents(s.system.intake(), [read("/etc/a.pem"), read("/etc/b.pem")]);
    await expect.poll(async () => (await s.alerts()).length, { timeout: 20_000 }).toBe(3);
    const page = await s.open("/alerts");

    await page.getByRole("link", { name: "Key read", exact: true }).first().click();
    const why = page.locator("section", { has: page.getByRole("heading", { name: "Why it fired" }) });
    await why.getByText("resource is /etc/").waitFor();
    expect(await why.locator(".reasons li").allInnerTexts()).toEqual([
      expect.stringMatching(/^resource is \/etc\/[ab]\.pem \(selection keyfile\)$/),
      "details.tool is cat (selection reader)",
    ]);
    const rule = page.locator("section", { has: page.getByRole("heading", { name: "Rule" }) });
    const links = await rule
      .locator("a[target=_blank]")
      .evaluateAll((all) =>
        all.map((link) => [link.textContent, link.getAttribute("href"), link.getAttribute("rel")]),
      );
    expect(links).toEqual([
      ["attack.credential-access", "https://attack.mitre.org/tactics/TA0006/", "noreferrer"],
      ["attack.t1552.004", "https://attack.mitre.org/techniques/T1552/004/", "noreferrer"],
      ["cve.2021-44228", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228", "noreferrer"],
      ["https://example.org/keys", "https://example.org/keys", "noreferrer"],
    ]);
    for (const text of [
      "Ada Lovelace, Grace Hopper",
      "low",
      "detection.emerging-threats",
      "javascript:document",
    ]) {
      await rule.getByText(text).first().waitFor();
    }

    await page.goto(`${s.system.page()}/alerts`);
    await page.getByRole("link", { name: "Keys read by one user" }).first().click();
    await why
      .getByText(
        "The rule asks for 2 or more different values of resource in matches of Key read (by Ada Lovelace, Grace Hopper).",
      )
      .waitFor();
    await why.getByText("those that share user_id = mallory").waitFor();
    await page.locator(".evidence li").nth(1).waitFor();
    await page.close();
  },
  { settings: { AUDITFLOW_RULES: folder } },
);
