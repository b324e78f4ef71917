import { expect } from "vitest";
import { pageStory } from "./page-story.ts";

/** Without white space and the places where a long word may break. */
function bare(text: string): string {
  return text.replaceAll(/[\s\u200b]/g, "");
}

pageStory(
  "the API's page shows every operation, breaks no rule of its policy and asks no other host for anything",
  async (s) => {
    const page = await s.open("/api/docs/");
    const complaints: string[] = [];
    const strangers: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.text().startsWith("violation"))
        complaints.push(message.text());
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(?:data|blob):/.test(url) && !url.startsWith(s.system.page())) strangers.push(url);
    });
    await page.addInitScript(`document.addEventListener("securitypolicyviolation", (event) =>
      console.log("violation of " + event.violatedDirective + " by " + event.blockedURI))`);
    await page.reload();
    const answer = await fetch(`${s.system.page()}/api/v1/openapi.json`);
    const { paths } = (await answer.json()) as {
      paths: Record<string, Record<string, { summary?: string }>>;
    };
    const names = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).map(({ summary }) => bare(summary ?? path)),
    );
    const missing = async (): Promise<string[]> => {
      const shown = bare((await page.locator("body").textContent()) ?? "");
      return names.filter((name) => !shown.includes(name));
    };
    await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
    // What is asked for late, such as what belongs to the sections further down.
    for (const y of [2_000, 4_000, 8_000]) await page.mouse.wheel(0, y);
    await page.waitForLoadState("networkidle");
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
    await page.close();
  },
  { shapes: ["embedded", "distributed"] },
);
