import { setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleNotice, exampleSurroundings } from "../../../testing/example-notice.ts";
import { answers, type HttpReceiver, startHttpReceiver } from "../../../testing/http-receiver.ts";
import { certifiedName, receiverCertificate } from "../../../testing/receiver-certificate.ts";
import type { SendOutcome, Surroundings } from "./channel.ts";
import { newWebhookSecret, webhook } from "./webhook.ts";

const secret = newWebhookSecret(new Uint8Array(32).fill(7));
const never = new AbortController().signal;
let receiver: HttpReceiver;

beforeEach(async () => {
  receiver = await startHttpReceiver();
});
afterEach(() => receiver.stop());

function send(changes: Partial<Surroundings> = {}, url = receiver.url): Promise<SendOutcome> {
  return webhook.create({ url, secret }, exampleSurroundings(changes)).send(exampleNotice(), never);
}

describe("an answer", () => {
  it.each([
    [200, "delivered"],
    [202, "delivered"],
    [204, "delivered"],
    [299, "delivered"],
    [301, "rejected"],
    [304, "rejected"],
    [400, "rejected"],
    [401, "rejected"],
    [404, "rejected"],
    [408, "retry"],
    [410, "gone"],
    [413, "rejected"],
    [422, "rejected"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
    [599, "retry"],
  ])("of %i means %s", async (status, outcome) => {
    receiver.answer(answers.status(status));
    expect(await send()).toMatchObject({ outcome, status });
    expect(receiver.requests).toHaveLength(1);
  });

  it.each([
    [429, "120", 120_000],
    [503, "0", 0],
    [503, "99999999", 86_400_000],
    [500, "Sun, 01 Mar 2026 12:00:30 GMT", 30_000],
    [503, "Sunday, 01-Mar-26 12:00:30 GMT", 30_000],
    [503, "Sun Mar  1 12:00:30 2026", 30_000],
    [429, "Sun, 01 Mar 2020 12:00:30 GMT", 0],
    [429, "Sat, 01 Mar 2036 12:00:30 GMT", 86_400_000],
  ])("of %i with Retry-After %s asks for a pause, a day at most", async (status, value, retryAfterMs) => {
    receiver.answer(answers.status(status, "", { "retry-after": value }));
    const clock = { now: () => Date.parse("2026-03-01T12:00:00.000Z") };
    expect(await send({ clock })).toMatchObject({ outcome: "retry", status, retryAfterMs });
  });

  it.each(["-5", "soon", "", "1.5", "Mon, 99 Foo 2026", "0x10"])(
    "with Retry-After %j asks for nothing",
    async (value) => {
      receiver.answer(answers.status(503, "", { "retry-after": value }));
      expect(await send()).not.toHaveProperty("retryAfterMs");
    },
  );

  it("that redirects is never followed, and the detail tells the host alone", async () => {
    const other = await startHttpReceiver();
    receiver.answer(answers.status(307, "", { location: `${other.url}?token=abcdefgh` }));
    const { outcome, detail } = await send();
    expect({ outcome, detail }).toEqual({
      outcome: "rejected",
      detail: `127.0.0.1:${receiver.port} answered 307, a redirect to 127.0.0.1:${other.port}; redirects are never followed.`,
    });
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  it("is quoted in one line of 200 characters, without what cannot be printed", async () => {
    receiver.answer(answers.status(500, `no\u0000 \u001b[31mway\r\n\r\n\u202e${"x".repeat(1000)}`));
    const { detail } = await send();
    expect(detail).toMatch(/answered 500: no \[31mway x{188}…$/);
  });

  it("that repeats the URL does not make us repeat it", async () => {
    const url = `${receiver.url}/T0000000001/token-of-the-url?key=other-token`;
    receiver.answer((response, { path }) => {
      response
        .writeHead(500)
        .end(`No ${path} nor http://127.0.0.1:${receiver.port}${path} nor token-of-the-url`);
    });
    const { detail } = await send({}, url);
    expect(detail).toContain("answered 500");
    expect(detail).not.toMatch(/token|T0000000001/);
  });
});

describe("a receiver that", () => {
  it.each([
    ["hangs", answers.hang],
    ["drips its headers", answers.dripHeaders],
  ])("%s costs a deadline and is tried again", async (_name, answer) => {
    receiver.answer(answer);
    expect(await send({ deadlineMs: 150 })).toEqual({
      outcome: "retry",
      detail: "The receiver did not answer within 150 ms.",
    });
  });

  it("drips its body is known by its status", async () => {
    receiver.answer(answers.dripBody(200));
    expect(await send()).toMatchObject({ outcome: "delivered", status: 200 });
    receiver.answer(answers.dripBody(410));
    expect(await send()).toMatchObject({ outcome: "gone", status: 410 });
  });

  it("breaks off in the middle of its body is known by its status", async () => {
    receiver.answer(answers.raw("HTTP/1.1 410 Gone\r\ncontent-length: 100\r\n\r\nshort"));
    expect(await send()).toMatchObject({
      outcome: "gone",
      status: 410,
      detail: expect.stringContaining("short"),
    });
    receiver.answer(answers.raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"));
    expect(await send()).toMatchObject({ outcome: "delivered", status: 200 });
  });

  it.each([
    [200, "delivered"],
    [500, "retry"],
  ])("answers %i with a flood is cut off", async (status, outcome) => {
    let sent: number | undefined;
    receiver.answer((response, request) => {
      const { socket } = response;
      response.on("close", () => {
        sent = socket?.bytesWritten;
      });
      answers.flood(status)(response, request);
    });
    const { detail, ...rest } = await send();
    expect(rest).toEqual({ outcome, status });
    expect(detail.length).toBeLessThan(300);
    await expect.poll(() => sent, { timeout: 10_000 }).toBeGreaterThan(0);
    // What the kernel's buffers hold goes out unread; a reader without a limit takes hundreds of megabytes.
    expect(sent).toBeLessThan(32_000_000);
  });

  it.each([
    ["breaks the connection", answers.reset],
    ["closes it without a word", answers.raw("")],
    ["does not speak HTTP", answers.raw("220 mail.example.com ESMTP\r\n")],
    ["sends headers without end", answers.raw(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}\r\n\r\n`)],
    ["wants another protocol", answers.raw("HTTP/1.1 101 Up\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")],
  ])("%s is tried again", async (_name, answer) => {
    receiver.answer(answer);
    const outcome = await send();
    expect(outcome).toMatchObject({ outcome: "retry" });
    expect(outcome.detail).toContain("could not be reached");
  });

  it("does not listen is tried again", async () => {
    await receiver.stop();
    expect(await send()).toEqual({
      outcome: "retry",
      detail: `127.0.0.1:${receiver.port} could not be reached: ECONNREFUSED.`,
    });
  });

  it("has a name that does not resolve is tried again", async () => {
    const resolve = async () => Promise.reject(Object.assign(new Error(), { code: "EAI_AGAIN" }));
    expect(await send({ resolve }, "https://hooks.example.com/")).toEqual({
      outcome: "retry",
      detail: "The name hooks.example.com could not be resolved (EAI_AGAIN).",
    });
  });

  it("has a name server that hangs costs a deadline, and is not called afterwards", async () => {
    let answer: (addresses: string[]) => void = () => undefined;
    const resolve = () => new Promise<string[]>((done) => (answer = done));
    const outcome = await send({ resolve, deadlineMs: 100 }, `http://hooks.example.com:${receiver.port}/`);
    expect(outcome.outcome).toBe("retry");
    answer(["127.0.0.1"]);
    await new Promise((done) => setImmediate(done));
    expect(receiver.requests).toEqual([]);
  });

  it("is not public is rejected without a connection", async () => {
    const outcome = await send({ allowedReceivers: [] });
    expect(outcome.outcome).toBe("rejected");
    expect(outcome.detail).toContain("AUDITFLOW_ALLOWED_RECEIVERS");
    expect(receiver.requests).toEqual([]);
  });
});

describe("a name", () => {
  it("is asked for once, so that a second answer cannot lead inside", async () => {
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? ["127.0.0.2"] : ["127.0.0.1"]);
    const allowedReceivers = ["127.0.0.2"];
    const url = `http://rebinding.example.com:${receiver.port}/`;
    // Nobody listens at the first answer; the receiver, at the second one, must not hear of it.
    expect(await send({ resolve, allowedReceivers }, url)).toMatchObject({ outcome: "retry" });
    expect(asked).toBe(1);
    expect(receiver.requests).toEqual([]);
  });

  it("is what the receiver is told, at the address that was checked", async () => {
    const resolve = async () => ["127.0.0.1"];
    const url = `http://hooks.example.com:${receiver.port}/a?b=c`;
    expect(await send({ resolve }, url)).toMatchObject({ outcome: "delivered" });
    expect(receiver.requests).toMatchObject([
      { method: "POST", path: "/a?b=c", headers: { host: `hooks.example.com:${receiver.port}` } },
    ]);
  });

  it("may have several addresses, of which one that works is enough", async () => {
    const resolve = async () => ["127.0.0.2", "127.0.0.1"];
    const url = `http://hooks.example.com:${receiver.port}/`;
    expect(await send({ resolve }, url)).toMatchObject({ outcome: "delivered" });
  });
});

describe("TLS", () => {
  const resolve = async () => ["127.0.0.1"];
  let secure: HttpReceiver;

  beforeEach(async () => {
    secure = await startHttpReceiver({ tls: true });
  });
  afterEach(() => secure.stop());

  it("with a certificate that nobody vouches for sends nothing and is tried again", async () => {
    const outcome = await send({ resolve }, `https://${certifiedName}:${secure.port}/`);
    expect(outcome).toMatchObject({ outcome: "retry", detail: expect.stringContaining("certificate") });
    expect(secure.requests).toEqual([]);
  });

  it("verifies the name of the URL at the address that was checked", async () => {
    setDefaultCACertificates([receiverCertificate]);
    const right = await send({ resolve }, `https://${certifiedName}:${secure.port}/`);
    expect(right).toMatchObject({ outcome: "delivered" });
    const wrong = await send({ resolve }, `https://other.test:${secure.port}/`);
    expect(wrong).toMatchObject({
      outcome: "retry",
      detail: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
    });
    expect(secure.requests).toHaveLength(1);
  });

  it("spoken to a server without it is tried again", async () => {
    const outcome = await send({}, receiver.url.replace("http:", "https:"));
    expect(outcome.outcome).toBe("retry");
  });
});

describe("a send that is aborted", () => {
  it("ends at once and is tried again", async () => {
    receiver.answer(answers.hang);
    const controller = new AbortController();
    const sender = webhook.create({ url: receiver.url, secret }, exampleSurroundings());
    const sent = sender.send(exampleNotice(), controller.signal);
    await expect.poll(() => receiver.requests.length, { timeout: 10_000 }).toBe(1);
    controller.abort();
    expect(await sent).toEqual({
      outcome: "retry",
      detail: "AuditFlow stopped before the receiver answered.",
    });
  });

  it("before it began calls nobody", async () => {
    const sender = webhook.create({ url: receiver.url, secret }, exampleSurroundings());
    expect(await sender.send(exampleNotice(), AbortSignal.abort())).toMatchObject({ outcome: "retry" });
    expect(receiver.requests).toEqual([]);
  });
});
