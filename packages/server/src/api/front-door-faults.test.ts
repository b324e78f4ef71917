import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { type Answer, FrontDoorSite, type Listening } from "../../testing/front-door-site.ts";
import { until } from "../../testing/until.ts";
import type { FrontDoorOptions, Upstreams } from "./front-door.ts";

const site = new FrontDoorSite();
afterEach(() => site.close());

async function door(upstreams: Upstreams, options: Partial<FrontDoorOptions> = {}): Promise<string> {
  return (await site.door(upstreams, options)).url;
}

const echo: Answer = ({ method, url, headers, body }) => ({ method, url, headers, body });
const short = { connectMs: 500, headersMs: 300, silenceMs: 300, graceMs: 100 };

describe("a service that is away", () => {
  test("a service without an address is named with what to set", async () => {
    const answer = await fetch(`${await door({})}/api/v1/alerts`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: "upstream_unavailable",
      detail: expect.stringMatching(/^notification-service .* set URL_OF notification-service$/),
    });
  });

  test("a service that does not listen is named, and is reached once it does", async () => {
    const { url, server } = await site.rawUpstream(() => undefined);
    await new Promise((done) => server.close(done));
    const front = await door({ "audit-event-generator": url });
    const answer = await fetch(`${front}/api/v1/generator`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.json()).toMatchObject({
      code: "upstream_unavailable",
      detail: "audit-event-generator does not answer: nothing listens at its address",
    });
    const back = site.http();
    back.get("/api/v1/generator", { config: { access: "public" } }, () => ({ back: true }));
    await back.listen({ host: "127.0.0.1", port: Number(new URL(url).port) });
    expect((await fetch(`${front}/api/v1/generator`)).status).toBe(200);
  });

  test("a host name that does not exist is told", async () => {
    const answer = await fetch(
      `${await door({ "notification-service": "http://no-such.invalid" })}/api/v1/alerts`,
    );
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/host name/) });
  });

  test("a service that is silent, or drips the head of its answer, is given up", async () => {
    for (const head of ["", "HTTP/1.1 200 OK\r\nx-slow: "]) {
      const { url } = await site.rawUpstream((socket) => {
        socket.write(head);
        const drip = setInterval(() => head !== "" && socket.write("a"), 100);
        socket.on("close", () => clearInterval(drip));
      });
      const front = await door({ "notification-service": url }, { deadlines: short });
      const answer = await fetch(`${front}/api/v1/alerts`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/took too long|broke off/) });
    }
  });

  test("a service that dies before it answers is a 503, for reading and for writing", async () => {
    const { url } = await site.rawUpstream((socket) => socket.once("data", () => socket.destroy()));
    const front = await door({ "notification-service": url });
    for (const init of [
      {},
      { method: "POST", body: "{}", headers: { "content-type": "application/json" } },
    ]) {
      const answer = await fetch(`${front}/api/v1/silences`, init);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        detail: "notification-service does not answer: it broke off",
      });
    }
  });

  test("a service that dies or falls silent in the middle of an answer leaves no answer that looks whole", async () => {
    for (const end of [true, false]) {
      const { url } = await site.rawUpstream((socket) => {
        socket.write(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        );
        socket.write('5\r\n{"a":\r\n');
        if (end) setImmediate(() => socket.destroy());
      });
      const front = await door({ "notification-service": url }, { deadlines: short });
      await expect(fetch(`${front}/api/v1/alerts`).then((answer) => answer.text())).rejects.toThrowError();
    }
  });

  test("a service that is away does not keep the others from answering", async () => {
    const { url } = await site.upstream(echo);
    const front = await door({ "audit-log-analysis": url, "notification-service": "http://127.0.0.1:1" });
    const answers = await Promise.all(["alerts", "rules"].map((name) => fetch(`${front}/api/v1/${name}`)));
    expect(answers.map(({ status }) => status)).toEqual([503, 200]);
  });
});

describe("live streams", () => {
  async function streaming(): Promise<Listening & { sources: Readable[] }> {
    const sources: Readable[] = [];
    const served = await site.upstream((_request, reply) => {
      const source = new Readable({ read: () => undefined });
      sources.push(source);
      site.later(() => source.destroy());
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      reply.raw.flushHeaders();
      source.pipe(reply.raw).on("close", () => source.destroy());
    });
    return { ...served, sources };
  }

  test("events are passed on one by one, the connection is told before the first", async () => {
    const { url, sources } = await streaming();
    const front = await door({ "notification-service": url }, { deadlines: { ...short, silenceMs: 60_000 } });
    const answer = await fetch(`${front}/api/v1/alerts/stream`, { headers: { accept: "text/event-stream" } });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ["data: 1\n\n", ": still here\n\n", "data: 2\n\n"]) {
      sources[0]!.push(event);
      expect(await reader.read()).toEqual({ done: false, value: event });
    }
    await reader.cancel();
  });

  test("a reader that goes frees the stream at the service", async () => {
    const { url, sources } = await streaming();
    const going = new AbortController();
    const front = await door({ "notification-service": url });
    const answer = await fetch(`${front}/api/v1/alerts/stream`, { signal: going.signal });
    expect(answer.status).toBe(200);
    going.abort();
    await until(() => sources[0]?.destroyed, "the service's stream ends");
  });

  test("a service that dies ends the stream, so that the reader connects again", async () => {
    const { url, http } = await streaming();
    const front = await door({ "notification-service": url });
    const answer = await fetch(`${front}/api/v1/alerts/stream`);
    const ended = answer.text().then(
      () => "ended",
      () => "cut",
    );
    http.server.closeAllConnections();
    expect(await ended).toBe("cut");
  });

  test("more streams are open at once than a pool of connections has by default", async () => {
    const { url, sources } = await streaming();
    const front = await door({ "notification-service": url });
    const going = new AbortController();
    const open = Array.from({ length: 140 }, () =>
      fetch(`${front}/api/v1/alerts/stream`, { signal: going.signal }),
    );
    expect((await Promise.all(open)).every(({ ok }) => ok)).toBe(true);
    expect(sources).toHaveLength(140);
    going.abort();
  });

  test("closing the front door ends its streams in order and does not wait for them", async () => {
    const { url, sources } = await streaming();
    const { url: front, http } = await site.door({ "notification-service": url });
    const answer = await fetch(`${front}/api/v1/alerts/stream`);
    const closing = http.close();
    expect(await answer.text()).toBe("");
    await closing;
    await until(() => sources[0]?.destroyed, "the service's stream ends");
  });
});

test("closing the front door does not wait for a service that is silent", async () => {
  const { url, server } = await site.rawUpstream(() => undefined);
  const asked = new Promise((done) => server.once("connection", done));
  const deadlines = { ...short, headersMs: 60_000 };
  const { url: front, http } = await site.door({ "notification-service": url }, { deadlines });
  const answer = fetch(`${front}/api/v1/alerts`).then(
    () => "answered",
    () => "cut",
  );
  await asked;
  await http.close();
  expect(await answer).toBe("cut");
});
