import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleNotice, exampleSummary, exampleSurroundings } from "../../../testing/example-notice.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../../testing/http-receiver.ts";
import { slack, slackMessage } from "./slack.ts";

const never = new AbortController().signal;
let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await startHttpReceiver();
});
afterEach(() => receiver.stop());

interface TextObject {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}

/** Every text object of a message, wherever it stands. */
function textObjects(node: unknown): TextObject[] {
  if (typeof node !== "object" || node === null) return [];
  const { type, text } = node as Partial<TextObject>;
  const own = typeof text === "string" && typeof type === "string" ? [node as TextObject] : [];
  return [...own, ...Object.values(node).flatMap(textObjects)];
}

describe("a Slack message", () => {
  it("tells how bad it is, the rule, who, where, what, how often and when, and leads to the incident", async () => {
    const sender = slack.create({ url: receiver.url }, exampleSurroundings());
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "delivered" });
    const { body, headers } = receiver.requests[0]!;
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toMatchObject({
      text: "HIGH: New incident: SSH brute force by root",
      blocks: [
        { type: "header", text: { text: "HIGH: New incident: SSH brute force by root" } },
        {
          type: "section",
          fields: [
            { text: "*Severity*\nHIGH" },
            { text: "*Rule*\nSSH brute force" },
            { text: "*Who*\nroot" },
            { text: "*From address*\n10.0.0.1" },
            { text: "*Where*\nweb-1" },
            { text: "*What*\nweb-1" },
            { text: "*Alerts*\n3" },
            { text: "*First seen*\n2026-03-01 12:00:00 UTC" },
            { text: "*Last seen*\n2026-03-01 12:01:00 UTC" },
          ],
        },
        { type: "section", text: { text: "Many failed logins" } },
        { type: "actions", elements: [{ type: "button", url: "https://auditflow.example/incidents/1" }] },
      ],
    });
  });

  it("cannot be made by an event to mention, to link or to add lines", () => {
    const hostile = "<!channel> <!here> <@U123> <https://evil.example|click> & @channel\r\n*Severity*\nLOW";
    const texts = { title: hostile, rule_name: hostile, actor: hostile, resource: hostile, host: hostile };
    const alert = exampleSummary({ description: hostile });
    const message = slackMessage(exampleNotice(texts, alert));
    const objects = textObjects(message);
    expect(objects.length).toBeGreaterThan(9);
    for (const { type, text, verbatim } of objects) {
      expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
      expect(text.replace(/^\*[A-Za-z ]+\*\n/, "")).not.toContain("\n");
      expect(text).not.toContain("@channel");
      if (type === "mrkdwn") expect(verbatim).toBe(true);
    }
    expect(message["text"]).not.toMatch(/[<>\n]/);
  });

  it("keeps Slack's limits whatever the length of the texts", () => {
    const long = "<&😀>".repeat(200_000);
    const texts = {
      title: long,
      rule_name: long,
      actor: long,
      resource: long,
      host: long,
      url: `https://a/${long}`,
    };
    const message = slackMessage(exampleNotice(texts, exampleSummary({ description: long })));
    const blocks = message["blocks"] as { type: string; text?: TextObject; fields?: TextObject[] }[];
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "section"]);
    expect(blocks[0]!.text!.text.length).toBeLessThanOrEqual(150);
    expect(blocks[1]!.fields!.length).toBeLessThanOrEqual(10);
    for (const { text } of blocks[1]!.fields!) expect(text.length).toBeLessThanOrEqual(2000);
    expect(blocks[2]!.text!.text.length).toBeLessThanOrEqual(3000);
    for (const { text } of textObjects(message)) expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
    expect(JSON.stringify(message).isWellFormed()).toBe(true);
  });

  it("has no link when the incident's address is none that a browser opens", () => {
    for (const url of ["javascript:alert(1)", "https://a b/", 'https://a/"><script>', ""]) {
      expect(JSON.stringify(slackMessage(exampleNotice({ url })))).not.toContain("actions");
    }
  });

  it("says it is a test when it is one", () => {
    const message = slackMessage({ ...exampleNotice(), type: "test" });
    expect(message["text"]).toBe("HIGH: Test of this channel: SSH brute force by root");
  });
});

describe("the Slack channel", () => {
  it("ends for an archived channel, and is rejected for a webhook that was removed", async () => {
    const sender = slack.create({ url: receiver.url }, exampleSurroundings());
    receiver.answer(answers.status(410, "channel_is_archived"));
    expect(await sender.send(exampleNotice(), never)).toMatchObject({
      outcome: "gone",
      detail: expect.stringContaining("channel_is_archived"),
    });
    receiver.answer(answers.status(404, "no_service"));
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "rejected", status: 404 });
  });
});
