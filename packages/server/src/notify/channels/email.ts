import type { FieldFault, Notice } from "@auditflow/contracts";
import { createTransport } from "nodemailer";
import Type from "typebox";
import { AcceptedAddresses } from "./accepted-addresses.ts";
import { boundedSender } from "./bounded-sender.ts";
import type { Sender, SendOutcome, Surroundings } from "./channel.ts";
import { channelKind } from "./channel-kind.ts";
import { mailMessage } from "./mail-message.ts";
import { type MailFault, mailFaultOutcome, partialOutcome } from "./mail-outcome.ts";

/** One address alone: no name, no list, nothing that a header could be made longer with. */
const addressPattern = "^[^\\s@<>,;:\"'()\\[\\]\\\\]{1,64}@[^\\s@<>,;:\"'()\\[\\]\\\\]{1,253}$";
const addressLimits = { maxLength: 254, pattern: addressPattern };

const EmailSettings = Type.Object(
  {
    to: Type.Array(Type.String(addressLimits), {
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
      description: "Who gets the mail",
    }),
    from: Type.Optional(
      Type.String({ ...addressLimits, description: "The sender; the mail server's user when left out" }),
    ),
  },
  { additionalProperties: false },
);
type EmailSettings = Type.Static<typeof EmailSettings>;

const noServer = "No mail server is set; give its URL in AUDITFLOW_SMTP_URL.";

/**
 * Mails the notice by the server of `smtpUrl`. Each try of one delivery has the same `Message-ID`, which is how mailboxes
 * know a repetition; who took it already is left out of the next try by the same sender.
 */
export const email = channelKind({
  settings: EmailSettings,
  secrets: [],
  describe: ({ to }) => `mail to ${to.join(", ")}`,
  check: async (_settings, { smtpUrl }): Promise<FieldFault[]> =>
    smtpServer(smtpUrl) === undefined ? [{ pointer: "", detail: noServer }] : [],
  create: emailSender,
});

function emailSender(settings: EmailSettings, surroundings: Surroundings): Sender {
  const server = smtpServer(surroundings.smtpUrl);
  const accepted = new AcceptedAddresses();
  return boundedSender(surroundings, smtpSecrets(server), async (notice, signal) => {
    if (server === undefined) return { outcome: "rejected", detail: noServer };
    const waiting = accepted.waiting(notice.delivery_id, settings.to);
    if (waiting.length === 0) return { outcome: "delivered", detail: "Every address has it already." };
    const from = settings.from ?? defaultFrom(server);
    const { sent, outcome } = await mail({ notice, server, from, to: waiting, surroundings, signal });
    accepted.add(notice.delivery_id, sent);
    return outcome;
  });
}

interface Mailing {
  readonly notice: Notice;
  readonly server: URL;
  readonly from: string;
  readonly to: readonly string[];
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
}

async function mail(mailing: Mailing): Promise<{ sent: readonly string[]; outcome: SendOutcome }> {
  const { notice, server, from, to, surroundings, signal } = mailing;
  const transport = createTransport({
    url: server.href,
    // Nothing in a mail may make it read a file or call an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const info = await transport.sendMail({
      ...mailMessage(notice, surroundings.baseUrl),
      from,
      to: [...to],
      date: new Date(surroundings.clock.now()),
      messageId: `<${notice.delivery_id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
      headers: { "auto-submitted": "auto-generated" },
      signal,
    });
    return { sent: info.accepted, outcome: partialOutcome(info, server.host) };
  } catch (error) {
    signal.throwIfAborted();
    return { sent: [], outcome: mailFaultOutcome(error as MailFault, server.host) };
  } finally {
    transport.close();
  }
}

function smtpServer(text: string | undefined): URL | undefined {
  const url = URL.parse(text ?? "");
  return url !== null && ["smtp:", "smtps:"].includes(url.protocol) && url.hostname !== "" ? url : undefined;
}

function smtpSecrets(server: URL | undefined): readonly string[] {
  if (server === undefined || server.password === "") return [];
  return [server.password, decoded(server.password)];
}

function defaultFrom({ username, hostname }: URL): string {
  const user = decoded(username);
  return new RegExp(addressPattern).test(user) ? user : `auditflow@${hostname}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
