import { Notice } from "@auditflow/contracts";
import fc from "fast-check";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { exampleNotice, exampleSurroundings } from "../../../testing/example-notice.ts";
import { keptLog } from "../../../testing/kept-log.ts";
import type { ChannelSettings } from "./channel.ts";
import { channelKinds } from "./channel-kinds.ts";
import { testNotice } from "./test-notice.ts";
import { newWebhookSecret } from "./webhook.ts";

const never = new AbortController().signal;
const secret = newWebhookSecret(new Uint8Array(32).fill(3));
const kinds = Object.entries(channelKinds);
const valid: Readonly<Record<keyof typeof channelKinds, ChannelSettings>> = {
  log: {},
  webhook: {
    url: "https://hooks.example.com/token-in-path?key=token-in-query",
    secret,
    previous_secret: secret,
  },
  slack: { url: "https://hooks.slack.com/services/T000/B000/token-in-path" },
  email: { to: ["ops@example.com"] },
};

describe.each(kinds)("the kind %s", (name, kind) => {
  it("rejects every notice when its settings do not fit, and never throws", async () => {
    const settings = fc.dictionary(fc.constantFrom("url", "secret", "to", "from", "x"), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(settings, async (given) => {
        fc.pre(!Value.Check(kind.settings, given));
        expect(await kind.check(given, exampleSurroundings())).not.toEqual([]);
        expect(kind.complete(given, (length) => new Uint8Array(length))).toEqual(given);
        expect(typeof kind.describe(given)).toBe("string");
        const outcome = await kind.create(given, exampleSurroundings()).send(exampleNotice(), never);
        expect(outcome).toMatchObject({ outcome: "rejected" });
        expect(outcome.detail.length).toBeLessThanOrEqual(500);
      }),
    );
  });

  it("refuses settings it does not know", async () => {
    const settings = { ...valid[name as keyof typeof valid], colour: "red" };
    expect(await kind.check(settings, exampleSurroundings())).not.toEqual([]);
  });

  it("describes its settings without its secrets", () => {
    const settings = valid[name as keyof typeof valid];
    expect(Value.Check(kind.settings, settings)).toBe(true);
    expect(kind.describe(settings)).toMatch(/^(?!.*(?:token|whsec)).{3,}$/);
    for (const field of kind.secrets) expect(kind.settings.properties).toHaveProperty(field);
  });
});

describe("a channel that is added", () => {
  it("is told that its receiver may not be called, and by which setting it may", async () => {
    for (const kind of [channelKinds.webhook, channelKinds.slack]) {
      const faults = await kind.check({ url: "http://10.0.0.1/" }, exampleSurroundings());
      expect(faults).toMatchObject([
        { pointer: "/url", detail: expect.stringContaining("AUDITFLOW_ALLOWED_RECEIVERS") },
      ]);
      expect(await kind.check({ url: "http://127.0.0.1/" }, exampleSurroundings())).toEqual([]);
    }
  });

  it("is told that the name of its receiver does not resolve", async () => {
    const resolve = async (): Promise<string[]> =>
      Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" }));
    const faults = await channelKinds.slack.check(
      { url: "https://hooks.exmaple.com/" },
      exampleSurroundings({ resolve }),
    );
    expect(faults).toMatchObject([{ pointer: "/url", detail: expect.stringContaining("ENOTFOUND") }]);
  });

  it("can be tried out with a notice that is valid and says that it is a test", async () => {
    const notice = testNotice({
      deliveryId: "0190a000-0000-7000-8000-0000000000d1",
      at: Date.parse("2026-03-01T12:00:00.000Z"),
      baseUrl: "https://auditflow.example",
    });
    expect(Value.Check(Notice, notice)).toBe(true);
    expect(notice).toMatchObject({ type: "test", incident: { url: "https://auditflow.example" } });
  });
});

describe("the log channel", () => {
  it("writes one structured line, whatever the texts of the event", async () => {
    const { log, texts } = keptLog();
    const notice = exampleNotice({ title: `a\r\nb ${"x".repeat(1_000_000)}` });
    const outcome = await channelKinds.log.create({}, exampleSurroundings({ log })).send(notice, never);
    expect(outcome).toEqual({ outcome: "delivered", detail: "Written to the log." });
    expect(texts).toHaveLength(1);
    expect(texts[0]!.length).toBeLessThan(2000);
    expect(JSON.parse(texts[0]!)).toMatchObject({
      "event.name": "notice",
      severity_text: "INFO",
      body: "notice",
      delivery_id: notice.delivery_id,
      incident_id: notice.incident.incident_id,
      incident_severity: "HIGH",
      title: expect.stringMatching(/^a b x+…$/),
    });
  });

  it("rejects the notice when the log's level would swallow it", async () => {
    const { log } = keptLog({ level: "warn" });
    const outcome = await channelKinds.log
      .create({}, exampleSurroundings({ log }))
      .send(exampleNotice(), never);
    expect(outcome).toMatchObject({
      outcome: "rejected",
      detail: expect.stringContaining("AUDITFLOW_LOG_LEVEL"),
    });
  });
});
