import type { Notice } from "@auditflow/contracts";
import Type from "typebox";
import { boundedSender, urlSecrets } from "./bounded-sender.ts";
import { channelKind } from "./channel-kind.ts";
import { description, facts, headline, incidentLink } from "./notice-facts.ts";
import { receiverFaults, sendHttp } from "./send-http.ts";

const SlackSettings = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: "The URL of an incoming webhook of Slack",
    }),
  },
  { additionalProperties: false },
);

/** Posts the notice as a message of blocks to an incoming webhook of Slack. */
export const slack = channelKind({
  settings: SlackSettings,
  secrets: ["url"],
  describe: ({ url }) => `Slack at ${URL.parse(url)?.host ?? "an invalid URL"}`,
  check: ({ url }, surroundings) => receiverFaults("/url", url, surroundings),
  create: ({ url }, surroundings) =>
    boundedSender(surroundings, urlSecrets(url), (notice, signal) => {
      const body = JSON.stringify(slackMessage(notice));
      return sendHttp({ url, headers: {}, body }, surroundings, signal);
    }),
});

/** Slack's limits of a header, of one field, of a section, in characters. */
const headerLimit = 150;
const fieldLimit = 2000;
const sectionLimit = 3000;

/**
 * The message: a header, the facts, the description and a link. Text from events is escaped and marked as verbatim, so
 * that nothing in it becomes a mention, a link or a channel name.
 */
export function slackMessage(notice: Notice): Record<string, unknown> {
  const fields = facts(notice).map(({ label, value }) => markdown(`*${label}*\n`, value, fieldLimit));
  const about = description(notice);
  const link = incidentLink(notice);
  const title = headline(notice);
  return {
    text: escaped(title, sectionLimit),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: "header", text: { type: "plain_text", text: escaped(title, headerLimit), emoji: false } },
      { type: "section", fields },
      ...(about === "" ? [] : [{ type: "section", text: markdown("", about, sectionLimit) }]),
      ...(link === undefined ? [] : [{ type: "actions", elements: [button(link)] }]),
    ],
  };
}

function markdown(prefix: string, text: string, limit: number): Record<string, unknown> {
  return { type: "mrkdwn", text: prefix + escaped(text, limit - prefix.length), verbatim: true };
}

function button(url: string): Record<string, unknown> {
  return { type: "button", text: { type: "plain_text", text: "Open the incident" }, url };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** The text with Slack's three control characters as entities, at most `limit` characters, no entity cut in half. */
function escaped(text: string, limit: number): string {
  // Servers that take Slack's messages and are not Slack do mention by the bare word.
  const unmentioned = text.replace(/@(?=channel|here|everyone|all)/gi, "@\u200B");
  const parts = Array.from(unmentioned, (character) => entities[character] ?? character);
  if (parts.join("").length <= limit) return parts.join("");
  let kept = "";
  for (const part of parts) {
    if (kept.length + part.length > limit - 1) break;
    kept += part;
  }
  return `${kept}…`;
}
