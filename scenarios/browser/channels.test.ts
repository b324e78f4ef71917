import { createHmac } from "node:crypto";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import {
  answers,
  type ReceivedRequest,
  startHttpReceiver,
} from "../../packages/server/testing/http-receiver.ts";
import { pageStory } from "./page-story.ts";

const local = { settings: { AUDITFLOW_ALLOWED_RECEIVERS: "127.0.0.1/32" } };

/** Fills in the dialog for a new channel and sends it off. */
async function add(page: Page, kind: string, url: string): Promise<void> {
  await page.getByRole("button", { name: "Add a channel" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: kind }).check();
  await dialog.getByLabel(/URL/).fill(url);
  await dialog.getByRole("button", { name: "Add and send a test" }).click();
}

/** What Standard Webhooks 1.0 asks for. */
function signature(secret: string, { headers, body }: ReceivedRequest): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}

const row = (page: Page, name: string) => page.locator(`tr[data-channel="${name}"]`);

pageStory(
  "a webhook is added with a test that arrives, and its secret, shown once, proves where notices come from",
  async (s) => {
    const receiver = await startHttpReceiver();
    const page = await s.open("/channels");
    await page.getByText("Nobody is told yet").waitFor();
    await add(page, "Webhook", receiver.url);
    await page.getByText("The test was delivered").waitFor();
    const secret = (await page.locator("[data-secret]").textContent()) ?? "";
    expect(receiver.requests).toHaveLength(1);
    const [test] = receiver.requests;
    expect(test!.headers["webhook-signature"]).toBe(signature(secret, test!));

    await page.getByRole("button", { name: "Done" }).click();
    await row(page, "webhook").getByText("On", { exact: true }).waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.reload();
    await row(page, "webhook").waitFor();
    expect(await page.content()).not.toContain(secret);

    s.at("09:00").changesFile("/etc/shadow");
    await s.send();
    const deliveries = page.getByRole("table", { name: /^Deliveries/ });
    await deliveries.getByText("Delivered").first().waitFor();
    expect(receiver.requests).toHaveLength(2);
    const id = receiver.requests[1]!.headers["webhook-id"];
    await deliveries.getByRole("button", { name: /^Tries of/ }).click();
    await page.getByRole("table", { name: "Tries", exact: true }).getByText("Delivered").waitFor();
    expect(await page.content()).toContain(String(id));
    await deliveries.getByRole("button", { name: /^Resend/ }).click();
    await expect.poll(() => receiver.requests.length, { timeout: 20_000 }).toBe(3);
    expect(receiver.requests[2]!.headers["webhook-id"]).toBe(id);
    await page.close();
    await receiver.stop();
  },
  local,
);

pageStory(
  "a receiver that is gone switches its channel off in plain sight, and a person switches it on again",
  async (s) => {
    const receiver = await startHttpReceiver();
    receiver.answer(answers.status(410));
    const page = await s.open("/channels");
    await add(page, "Slack", receiver.url);
    await page.getByText("The receiver says that it is gone").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    s.at("09:00").changesFile("/etc/shadow");
    await s.send();
    await row(page, "slack").getByText("Off", { exact: true }).waitFor();
    await page.getByText("asked not to be called again").first().waitFor();

    receiver.answer(answers.status(200));
    await page.getByRole("button", { name: "Enable slack" }).click();
    await row(page, "slack").getByText("On", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Test: .* slack/ }).click();
    await page.getByText("The test was delivered").waitFor();

    await page.getByRole("button", { name: "Remove slack" }).click();
    await page.getByRole("button", { name: "Remove the channel" }).click();
    await page.getByText("Nobody is told yet").waitFor();
    await page.close();
    await receiver.stop();
  },
  local,
);

pageStory(
  "what is wrong with a new channel stands at its field, and nothing that was written is lost",
  async (s) => {
    const page = await s.open("/channels");
    await add(page, "Slack", "hooks.slack.com");
    await page.getByText("This is no address that begins with https:// or http://").waitFor();
    await page.getByLabel(/URL/).fill("http://127.0.0.1:9/hook");
    await page.keyboard.press("Enter");
    await page.getByText("AUDITFLOW_ALLOWED_RECEIVERS").waitFor();
    expect(await page.getByLabel(/URL/).inputValue()).toBe("http://127.0.0.1:9/hook");
    await page.getByRole("dialog").getByRole("radio", { name: "E-mail" }).check();
    await page.getByRole("textbox", { name: "To" }).fill("soc@example.com, nobody");
    await page.getByRole("button", { name: "Add and send a test" }).click();
    await page.getByText("nobody: no mail address").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText("Nobody is told yet").waitFor();
    await page.close();
  },
);
