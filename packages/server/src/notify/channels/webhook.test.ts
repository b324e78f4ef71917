import { Notice } from "@auditflow/contracts";
import { Webhook } from "standardwebhooks";
import { Value } from "typebox/value";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleNotice, exampleSummary, exampleSurroundings } from "../../../testing/example-notice.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../../testing/http-receiver.ts";
import { newWebhookSecret, webhook } from "./webhook.ts";

const secret = newWebhookSecret(new Uint8Array(32).fill(1));
const previous = newWebhookSecret(new Uint8Array(24).fill(2));
const never = new AbortController().signal;
let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await startHttpReceiver();
});
afterEach(() => receiver.stop());

/** What the receiver was sent last, verified as a receiver does it. */
function verified(by: string, n = receiver.requests.length - 1): unknown {
  const request = receiver.requests[n]!;
  return new Webhook(by).verify(request.body, request.headers as Record<string, string>);
}

describe("a webhook", () => {
  it("carries the notice as JSON, signed as Standard Webhooks says", async () => {
    const sender = webhook.create({ url: receiver.url, secret }, exampleSurroundings());
    await sender.send(exampleNotice(), never);
    expect(verified(secret)).toEqual(exampleNotice());
    expect(Value.Check(Notice, verified(secret))).toBe(true);
    expect(receiver.requests[0]!.headers).toMatchObject({
      "webhook-id": exampleNotice().delivery_id,
      "content-type": "application/json",
      "user-agent": "AuditFlow",
    });
    expect(() => verified(previous)).toThrow("No matching signature");
  });

  it("has the same id and the same bytes on each try, and the time and signature of the try", async () => {
    let now = Date.now() - 60_000;
    const surroundings = exampleSurroundings({ clock: { now: () => now } });
    receiver.answer(answers.status(500));
    await webhook.create({ url: receiver.url, secret }, surroundings).send(exampleNotice(), never);
    now += 60_000;
    await webhook.create({ url: receiver.url, secret }, surroundings).send(exampleNotice(), never);
    const [first, second] = receiver.requests;
    expect(second!.body).toBe(first!.body);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect(second!.headers["webhook-timestamp"]).not.toBe(first!.headers["webhook-timestamp"]);
    expect(verified(secret, 0)).toEqual(verified(secret, 1));
  });

  it("is signed with both secrets while receivers change over", async () => {
    const settings = { url: receiver.url, secret, previous_secret: previous };
    await webhook.create(settings, exampleSurroundings()).send(exampleNotice(), never);
    expect(verified(secret)).toEqual(verified(previous));
  });

  it("stays under 20 kB and valid when the event's texts are of 1 MB", async () => {
    const huge = `${"\u0000\ud83d\ude00\u00e4".repeat(200_000)}\ud800`;
    const alert = exampleSummary({
      ...{ alert_name: huge, alert_type: huge, description: huge, rule_id: huge, rule_name: huge },
      triggered_by: { actor_type: huge, actor_id: huge, client_ip: huge },
      impacted_resource: { resource_type: huge, resource_id: huge, server_hostname: huge },
    });
    const texts = {
      title: huge,
      rule_id: huge,
      rule_name: huge,
      actor: huge,
      resource: huge,
      host: huge,
      url: huge,
    };
    const sender = webhook.create({ url: receiver.url, secret }, exampleSurroundings());
    expect(await sender.send(exampleNotice(texts, alert), never)).toMatchObject({ outcome: "delivered" });
    expect(Buffer.byteLength(receiver.requests[0]!.body)).toBeLessThan(20_000);
    const received = verified(secret) as Notice;
    expect(Value.Check(Notice, received)).toBe(true);
    expect(received.incident.title).toMatch(/…$/);
    expect(received.incident).not.toHaveProperty("url");
  });

  it("is never sent without a signature", async () => {
    const sender = webhook.create({ url: receiver.url }, exampleSurroundings());
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "rejected" });
    expect(receiver.requests).toEqual([]);
  });
});

describe("a webhook's secret", () => {
  it("is made from the bytes that are handed in when there is none, and left alone when there is one", () => {
    const made = webhook.complete({ url: receiver.url }, (length) => new Uint8Array(length).fill(9));
    expect(made).toEqual({ url: receiver.url, secret: newWebhookSecret(new Uint8Array(32).fill(9)) });
    expect(webhook.complete({ url: receiver.url, secret }, () => new Uint8Array())).toEqual({
      url: receiver.url,
      secret,
    });
  });

  it.each([
    "whsec_",
    "whsec_c2hvcnQ=",
    newWebhookSecret(new Uint8Array(23)),
    newWebhookSecret(new Uint8Array(65)),
    secret.slice("whsec_".length),
    `${secret}\n`,
    "whsec_ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ",
  ])("is refused when it is %j", async (text) => {
    const faults = await webhook.check({ url: receiver.url, secret: text }, exampleSurroundings());
    expect(faults).toMatchObject([{ pointer: "/secret" }]);
    expect(JSON.stringify(faults)).not.toContain(JSON.stringify(text));
  });

  it.each([24, 25, 26, 63, 64])("may be of %i bytes", async (length) => {
    const settings = { url: receiver.url, secret: newWebhookSecret(new Uint8Array(length).fill(251)) };
    expect(await webhook.check(settings, exampleSurroundings())).toEqual([]);
    await webhook.create(settings, exampleSurroundings()).send(exampleNotice(), never);
    expect(verified(settings.secret)).toEqual(exampleNotice());
  });
});
