import { expect } from "vitest";
import { shapes } from "../system.ts";
import { pageStory } from "./page-story.ts";

pageStory(
  "a level set on the page holds in every process, and the page says until when",
  async (s) => {
    const page = await s.open("/services");
    const panel = page.getByRole("region", { name: "Log levels" });
    const table = panel.getByRole("table");
    await table.waitFor();
    const processes = s.system.parts.length;
    await expect.poll(() => table.getByRole("row").count()).toBe(processes + 1);
    await panel.getByRole("button", { name: "Change" }).click();
    await panel.getByText(/applied debug for 10m/).waitFor();
    await expect.poll(() => table.getByRole("cell", { name: "debug", exact: true }).count()).toBe(processes);
    expect(await table.locator("time").count()).toBe(processes);
    await page.close();
  },
  { shapes },
);
