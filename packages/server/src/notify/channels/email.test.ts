import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleNotice, exampleSummary, exampleSurroundings } from "../../../testing/example-notice.ts";
import { type FaultProxy, startFaultProxy, throughProxy } from "../../../testing/fault-proxy.ts";
import { type MailReceiver, startMailReceiver } from "../../../testing/mail-receiver.ts";
import type { SendOutcome, Surroundings } from "./channel.ts";
import { email } from "./email.ts";

const never = new AbortController().signal;
const settings = { to: ["ops@example.com"], from: "auditflow@example.com" };
let server: MailReceiver;
let proxy: FaultProxy | undefined;

beforeEach(async () => {
  server = await startMailReceiver();
});
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await server.stop();
});

const surroundings = (changes: Partial<Surroundings> = {}): Surroundings =>
  exampleSurroundings({ smtpUrl: server.url, ...changes });

function send(changes: Partial<Surroundings> = {}, notice = exampleNotice()): Promise<SendOutcome> {
  return email.create(settings, surroundings(changes)).send(notice, never);
}

describe("a mail", () => {
  it("tells the incident as text and as HTML, and leads to it", async () => {
    const outcome = await send({ baseUrl: "https://auditflow.example" });
    expect(outcome).toMatchObject({ outcome: "delivered", status: 250 });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: "auditflow@example.com", to: ["ops@example.com"] });
    expect(mail!.parsed.subject).toBe("[AuditFlow] HIGH: New incident: SSH brute force by root");
    for (const text of [mail!.parsed.text, mail!.parsed.html]) {
      expect(text).toContain("SSH brute force");
      expect(text).toContain("2026-03-01 12:01:00 UTC");
      expect(text).toContain("Many failed logins");
      expect(text).toContain("https://auditflow.example/incidents/1");
    }
    expect(server.logins).toEqual(["auditflow:secret-password"]);
  });

  it("has the same Message-ID on each try, made of the delivery's id", async () => {
    await send();
    await send();
    const ids = server.mails.map(({ parsed }) => parsed.messageId);
    expect(ids).toEqual(Array(2).fill("<0190a000-0000-7000-8000-0000000000d1@example.com>"));
  });

  it("asks automatic answerers to be silent", async () => {
    await send();
    expect(server.mails[0]!.parsed.headers.get("auto-submitted")).toBe("auto-generated");
  });

  it("cannot be given headers, recipients or lines by an event", async () => {
    const hostile =
      "x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>\n.\r\nMAIL FROM:<a@b>\u2028Who: nobody";
    const texts = { title: hostile, rule_name: hostile, actor: hostile, resource: hostile, host: hostile };
    await send({}, exampleNotice(texts, exampleSummary({ description: hostile })));
    const [mail] = server.mails;
    expect(server.mails).toHaveLength(1);
    expect(mail!.to).toEqual(["ops@example.com"]);
    expect([...mail!.parsed.headers.keys()].sort()).toEqual(
      [
        "auto-submitted",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
      ].sort(),
    );
    expect(mail!.parsed.subject).toContain("Bcc: victim@example.com");
    expect(mail!.parsed.html).not.toContain("<script>");
    expect(mail!.parsed.text!.split("\n").filter((line) => line.startsWith("Who: "))).toHaveLength(1);
  });

  it("keeps every character of other scripts", async () => {
    await send({}, exampleNotice({ title: "Zażółć 侵入 😀", actor: "Łukasz" }));
    const [mail] = server.mails;
    expect(mail!.parsed.subject).toContain("Zażółć 侵入 😀");
    expect(mail!.parsed.text).toContain("Who: Łukasz");
  });

  it("stays small when the event's texts are of 1 MB", async () => {
    const huge = "<ä>".repeat(300_000);
    await send({}, exampleNotice({ title: huge, actor: huge }, exampleSummary({ description: huge })));
    expect(server.mails[0]!.source.length).toBeLessThan(40_000);
  });

  it("comes from the server's user when no sender is set", async () => {
    const smtpUrl = server.url.replace("auditflow:", "alerts%40example.org:");
    await email.create({ to: settings.to }, surroundings({ smtpUrl })).send(exampleNotice(), never);
    await email.create({ to: settings.to }, surroundings()).send(exampleNotice(), never);
    expect(server.mails.map(({ from }) => from)).toEqual(["alerts@example.org", "auditflow@127.0.0.1"]);
  });
});

describe("a mail server that", () => {
  it.each([
    [421, "retry"],
    [450, "retry"],
    [452, "retry"],
    [503, "retry"],
    [550, "rejected"],
    [554, "rejected"],
  ])("refuses the mail with %i means %s", async (code, outcome) => {
    server.refuseMail({ code, text: "not today" });
    expect(await send()).toMatchObject({
      outcome,
      status: code,
      detail: expect.stringContaining("not today"),
    });
  });

  it.each([
    [451, "retry"],
    [550, "rejected"],
  ])("refuses every address with %i means %s", async (code, outcome) => {
    server.refuseAddress(() => ({ code, text: "no such box" }));
    expect(await send()).toMatchObject({ outcome, status: code });
  });

  it("takes it for some and refuses others for good has delivered, and the detail names who was refused", async () => {
    server.refuseAddress((address) =>
      address.startsWith("gone") ? { code: 550, text: "no such box" } : undefined,
    );
    const sender = email.create({ ...settings, to: ["gone@example.com", "ops@example.com"] }, surroundings());
    const outcome = await sender.send(exampleNotice(), never);
    expect(outcome).toMatchObject({ outcome: "delivered" });
    expect(outcome.detail).toContain("1 of 2 addresses; gone@example.com was refused: 550 no such box");
  });

  it("puts some off gets the next try for those alone", async () => {
    server.refuseAddress((address) =>
      address.startsWith("grey") ? { code: 450, text: "come back" } : undefined,
    );
    const sender = email.create({ ...settings, to: ["grey@example.com", "ops@example.com"] }, surroundings());
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "retry", status: 450 });
    server.refuseAddress(() => undefined);
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "delivered" });
    expect(server.mails.map(({ to }) => to)).toEqual([["ops@example.com"], ["grey@example.com"]]);
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "delivered" });
    expect(server.mails).toHaveLength(2);
  });

  it("refuses some for good and puts others off is asked again", async () => {
    const refusals: Record<string, number> = { "gone@example.com": 550, "grey@example.com": 450 };
    server.refuseAddress((address) => {
      const code = refusals[address];
      return code === undefined ? undefined : { code, text: "no" };
    });
    const to = ["gone@example.com", "grey@example.com", "ops@example.com"];
    const sender = email.create({ ...settings, to }, surroundings());
    expect(await sender.send(exampleNotice(), never)).toMatchObject({ outcome: "retry", status: 450 });
    delete refusals["grey@example.com"];
    const outcome = await sender.send(exampleNotice(), never);
    expect(outcome).toMatchObject({
      outcome: "delivered",
      detail: expect.stringContaining("gone@example.com"),
    });
    expect(server.mails.map((mail) => mail.to)).toEqual([["ops@example.com"], ["grey@example.com"]]);
  });

  it("never answers costs a deadline and is tried again", async () => {
    server.hang();
    expect(await send({ deadlineMs: 300 })).toEqual({
      outcome: "retry",
      detail: "The receiver did not answer within 300 ms.",
    });
  });

  it("is a black hole, or away, is tried again", async () => {
    const port = Number(new URL(server.url).port);
    proxy = await startFaultProxy({ target: { host: "127.0.0.1", port }, mode: "drop" });
    const smtpUrl = throughProxy(server.url, proxy);
    expect(await send({ smtpUrl, deadlineMs: 200 })).toMatchObject({ outcome: "retry" });
    await proxy.mode("refuse");
    const outcome = await send({ smtpUrl });
    expect(outcome).toMatchObject({ outcome: "retry", detail: expect.stringContaining("ECONNREFUSED") });
    expect(outcome.detail).not.toContain("secret-password");
  });

  it("does not take our password rejects the mail, and the detail does not tell the password", async () => {
    server.refuseLogins();
    const outcome = await send();
    expect(outcome).toMatchObject({ outcome: "rejected", status: 535 });
    expect(outcome.detail).toContain("who are you");
    expect(outcome.detail).not.toContain("secret-password");
  });

  it("speaks no TLS where TLS was asked for gets neither mail nor password", async () => {
    const tls = await send({ smtpUrl: server.url.replace("smtp:", "smtps:") });
    expect(tls).toMatchObject({ outcome: "retry" });
    const upgrade = await send({ smtpUrl: `${server.url}/?requireTLS=true` });
    expect(upgrade).toMatchObject({ outcome: "rejected" });
    expect([server.mails, server.logins]).toEqual([[], []]);
  });

  it("was never set rejects the mail and says which setting is missing", async () => {
    for (const smtpUrl of ["http://127.0.0.1/", "nonsense", "smtp://"]) {
      const outcome = await send({ smtpUrl });
      expect(outcome).toMatchObject({ outcome: "rejected" });
      expect(outcome.detail).toContain("AUDITFLOW_SMTP_URL");
      expect(await email.check(settings, surroundings({ smtpUrl }))).toHaveLength(1);
    }
    expect(await email.check(settings, surroundings())).toEqual([]);
  });
});

describe("an address", () => {
  it.each([
    "ops",
    "@example.com",
    "ops@",
    "Ops <ops@example.com>",
    "a@example.com, b@example.com",
    "ops@example.com\r\nBcc: victim@example.com",
    "ops@example.com\n",
    "group: a@example.com;",
    `${"a".repeat(250)}@example.com`,
    "a@b@c",
  ])("is refused when it is %j", async (address) => {
    expect(await email.check({ to: [address] }, surroundings())).not.toEqual([]);
    expect(await email.check({ to: settings.to, from: address }, surroundings())).not.toEqual([]);
  });

  it("is one of twenty at most, and one at least", async () => {
    const addresses = Array.from({ length: 21 }, (_, n) => `a${n}@example.com`);
    expect(await email.check({ to: addresses.slice(1) }, surroundings())).toEqual([]);
    expect(await email.check({ to: addresses }, surroundings())).not.toEqual([]);
    expect(await email.check({ to: [] }, surroundings())).not.toEqual([]);
  });
});
