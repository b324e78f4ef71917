import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, type PageOptions, startBrowser } from "../../packages/server/testing/browser.ts";
import { Story } from "../story.ts";
import { type Settings, type Shape, startSystem } from "../system.ts";

/** What happens in the product and on the page, told together. */
export class PageStory extends Story {
  readonly #browser: Browser;

  constructor(system: Story["system"], browser: Browser) {
    super(system);
    this.#browser = browser;
  }

  /** Opens an address of the page; what its console complains about fails the story. */
  async open(path: string, options?: PageOptions & { readonly base?: string }): Promise<Page> {
    const page = await this.#browser.page(options);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (/content security policy|refused to/i.test(message.text())) complaints.push(message.text());
    });
    page.on("close", () => expect(complaints).toEqual([]));
    await page.goto(`${options?.base ?? this.system.page()}${path}`);
    return page;
  }

  /** Plays an attack of the generator. */
  async attack(scenario: string): Promise<{ user_id: string; client_ip: string }> {
    const url = `${this.system.page()}/api/v1/generator/scenarios/${scenario}`;
    const answer = await fetch(url, { method: "POST" });
    expect(answer.status).toBe(202);
    return (await answer.json()) as { user_id: string; client_ip: string };
  }
}

/** How a story is staged. */
export interface Stage {
  /** In which shapes of the product it is played: embedded unless told otherwise. */
  readonly shapes?: readonly Shape[];
  /** What the product is started with. */
  readonly settings?: Settings;
}

/** One story about the page, in a real browser on real services. */
export function pageStory(
  title: string,
  play: (told: PageStory) => Promise<void>,
  { shapes = ["embedded"], settings = {} }: Stage = {},
): void {
  describe(title, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(() => browser.close());

    test.each(shapes)("%s", { timeout: 120_000 }, async (shape) => {
      const system = await startSystem(shape, settings);
      try {
        await play(new PageStory(system, browser));
      } finally {
        await system.clean();
      }
    });
  });
}
