import type { Notice } from "@auditflow/contracts";
import { Webhook } from "standardwebhooks";
import Type from "typebox";
import { type TraceContext, traceHeaders } from "../../telemetry/trace-context.ts";
import { boundedSender, urlSecrets } from "./bounded-sender.ts";
import type { SendOutcome, Surroundings } from "./channel.ts";
import { channelKind } from "./channel-kind.ts";
import { fittingNotice } from "./notice-text.ts";
import { receiverFaults, sendHttp } from "./send-http.ts";

/** 24 to 64 bytes as base64. */
const secretPattern =
  "^whsec_(?:(?:[A-Za-z0-9+/]{4}){8,20}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?" +
  "|(?:[A-Za-z0-9+/]{4}){21}(?:[A-Za-z0-9+/]{2}==)?)$";

const WebhookSettings = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2048, description: "Where notices are posted to" }),
    secret: Type.Optional(
      Type.String({ pattern: secretPattern, description: "Signs each call; made when it is left out" }),
    ),
    previous_secret: Type.Optional(
      Type.String({
        pattern: secretPattern,
        description: "Signs too, while receivers change over to `secret`",
      }),
    ),
  },
  { additionalProperties: false },
);
type WebhookSettings = Type.Static<typeof WebhookSettings>;

const secretBytes = 32;

/** The text of a signing secret: `whsec_` and the bytes, 24 to 64 random ones, as base64. */
export function newWebhookSecret(bytes: Uint8Array): string {
  return `whsec_${Buffer.from(bytes).toString("base64")}`;
}

/**
 * Posts the notice as JSON, signed as Standard Webhooks 1.0 says: `webhook-id` is the delivery's id, the same on each
 * try, and so is the body; the timestamp and the signatures are of the try. A `traceparent` goes along when the alert is
 * part of a trace.
 */
export const webhook = channelKind({
  settings: WebhookSettings,
  // Many receivers know their callers by a token in the URL.
  secrets: ["url", "secret", "previous_secret"],
  describe: ({ url }) => `webhook at ${URL.parse(url)?.host ?? "an invalid URL"}`,
  complete: (settings, random) => ({
    ...settings,
    secret: settings.secret ?? newWebhookSecret(random(secretBytes)),
  }),
  check: ({ url }, surroundings) => receiverFaults("/url", url, surroundings),
  create: (settings, surroundings) => {
    const { url, secret, previous_secret } = settings;
    const secrets = [...urlSecrets(url), secret ?? "", previous_secret ?? ""];
    return boundedSender(surroundings, secrets, (notice, signal, trace) =>
      post(notice, { settings, surroundings, signal, trace }),
    );
  },
});

interface PostContext {
  readonly settings: WebhookSettings;
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
  readonly trace: TraceContext | undefined;
}

async function post(
  notice: Notice,
  { settings, surroundings, signal, trace }: PostContext,
): Promise<SendOutcome> {
  const { url, secret, previous_secret } = settings;
  if (secret === undefined) {
    return {
      outcome: "rejected",
      detail: "This webhook has no secret, and unsigned notices are never sent.",
    };
  }
  const body = JSON.stringify(fittingNotice(notice));
  const id = notice.delivery_id;
  const at = new Date(surroundings.clock.now());
  const keys = previous_secret === undefined ? [secret] : [secret, previous_secret];
  const headers = {
    ...(trace === undefined ? {} : traceHeaders(trace)),
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": keys.map((key) => new Webhook(key).sign(id, at, body)).join(" "),
  };
  return sendHttp({ url, headers, body }, surroundings, signal);
}
