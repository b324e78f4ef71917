import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

/** What a page is opened with. */
export interface PageOptions {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** A real browser with a profile of its own. */
export interface Browser {
  /** A new tab that shows nothing yet. */
  page(options?: PageOptions): Promise<Page>;
  close(): Promise<void>;
}

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the Chromium that AUDITFLOW_TEST_CHROMIUM names. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env["AUDITFLOW_TEST_CHROMIUM"];
  if (!executablePath) {
    throw new Error("AUDITFLOW_TEST_CHROMIUM is not set: run `npm run browser`, which installs Chromium");
  }
  const profile = await mkdtemp(join(tmpdir(), "auditflow-browser-"));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: flags,
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  return {
    page: async ({ scheme = "light", width = 1440, height = 900 } = {}) => {
      const page = await context.newPage();
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      return page;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
