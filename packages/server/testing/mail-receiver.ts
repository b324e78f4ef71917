import { once } from "node:events";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerEnvelope } from "smtp-server";

/** A mail as it arrived: its envelope, its text and what mailparser makes of that. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
  readonly parsed: ParsedMail;
}

/** A refusal: what the server answers instead of taking the address or the mail. */
export interface MailRefusal {
  readonly code: number;
  readonly text: string;
}

/** A real SMTP server on 127.0.0.1 that keeps the mails it takes. */
export interface MailReceiver {
  /** `smtp://auditflow:secret-password@127.0.0.1:port`. */
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** Sign-ins it was asked for, as `user:password`. */
  readonly logins: readonly string[];
  /** From now on takes no password. */
  refuseLogins(): void;
  /** Decides for each address from now on whether it is refused. */
  refuseAddress(refusal: (address: string) => MailRefusal | undefined): void;
  /** Refuses each mail from now on, after its text was sent; undefined ends that. */
  refuseMail(refusal: MailRefusal | undefined): void;
  /** From now on says nothing after a mail was sent. */
  hang(): void;
  /** Breaks every connection and stops listening. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a server without TLS on a free port, which takes any user and password. */
export async function startMailReceiver(): Promise<MailReceiver> {
  const mails: ReceivedMail[] = [];
  const logins: string[] = [];
  let refusedAddress: (address: string) => MailRefusal | undefined = () => undefined;
  let refusedMail: MailRefusal | undefined;
  let silent = false;
  let locked = false;
  const keep = async (source: Buffer, { mailFrom, rcptTo }: SMTPServerEnvelope): Promise<void> => {
    const parsed = await simpleParser(source);
    const from = mailFrom === false ? "" : mailFrom.address;
    mails.push({ from, to: rcptTo.map(({ address }) => address), source: source.toString("latin1"), parsed });
  };
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    authOptional: true,
    allowInsecureAuth: true,
    closeTimeout: 50,
    onAuth: ({ username = "", password = "" }, _session, done) => {
      logins.push(`${username}:${password}`);
      if (locked) done(refusalError({ code: 535, text: "who are you" }));
      else done(null, { user: username });
    },
    onRcptTo: ({ address }, _session, done) => done(refusalError(refusedAddress(address))),
    onData: (stream, { envelope }, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        if (silent) return;
        if (refusedMail === undefined) keep(Buffer.concat(parts), envelope).then(() => done(), done);
        else done(refusalError(refusedMail));
      });
    },
  });
  // A client that breaks off is what some tests are about.
  server.on("error", () => undefined);
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `smtp://auditflow:secret-password@127.0.0.1:${port}`,
    mails,
    logins,
    refuseLogins: () => {
      locked = true;
    },
    refuseAddress: (refusal) => {
      refusedAddress = refusal;
    },
    refuseMail: (refusal) => {
      refusedMail = refusal;
    },
    hang: () => {
      silent = true;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusalError(refusal: MailRefusal | undefined): Error | undefined {
  return refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code });
}
