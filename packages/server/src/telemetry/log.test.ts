import { describe, expect, test } from "vitest";
import { keptLog } from "../../testing/kept-log.ts";
import { everyLine } from "./every-line.ts";
import { tellRepeats } from "./log.ts";

const named = { "event.name": "thing.happened" };

describe("a line", () => {
  test("has the time, the level in words and number, the service and its module", () => {
    const { log, lines } = keptLog({ clock: { now: () => Date.UTC(2026, 0, 2) } });
    log.child({ module: "notify" }).warn({ ...named, n: 3 }, "a thing happened");
    expect(lines()).toEqual([
      {
        ...{ timestamp: "2026-01-02T00:00:00.000Z", severity_text: "WARN", severity_number: 13 },
        ...{ "service.name": "test", "service.version": "0", "service.instance.id": "test" },
        ...{ module: "notify", "event.name": "thing.happened", body: "a thing happened", n: 3 },
      },
    ]);
  });

  test("has a name and a text also when a library gives none", () => {
    const { log, lines } = keptLog();
    const http = log.child({ module: "api" }).child({ request_id: "r" });
    http.info("listening at %s", "there");
    http.error(new Error("broken"));
    http.info({ n: 1 });
    expect(lines()).toMatchObject([
      { "event.name": "api.internal", body: "listening at there", module: "api", request_id: "r" },
      { "event.name": "api.internal", body: "no text", error: { type: "Error", message: "broken" } },
      { "event.name": "api.internal", body: "no text", n: 1 },
    ]);
  });

  test("keeps its own fields whatever names are given", () => {
    const { log, lines } = keptLog();
    log.info({ ...named, timestamp: "never", body: "mine", "service.name": "other" }, "a thing happened");
    expect(lines()[0]).toMatchObject({
      ...{ timestamp: "1970-01-01T00:00:00.000Z", body: "a thing happened", "service.name": "test" },
      ...{ "attributes.timestamp": "never", "attributes.body": "mine" },
    });
  });

  test("tells an error with its code, its causes and the errors it gathers in one field", () => {
    const { log, lines } = keptLog();
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:1"), { code: "ECONNREFUSED" });
    const gathered = Object.assign(new AggregateError([refused, new Error("no route")]), {
      code: "ECONNREFUSED",
    });
    log.error({ ...named, error: new TypeError("cannot store", { cause: gathered }) }, "a thing failed");
    log.error({ ...named, err: gathered }, "a thing failed");
    log.error({ ...named, error: "only words" }, "a thing failed");
    const [first, second, third] = lines().map(({ error }) => error as Record<string, string>);
    expect(first).toMatchObject({
      ...{ type: "TypeError", message: "cannot store: connect ECONNREFUSED ::1:1; no route" },
      stack: expect.stringContaining("log.test.ts"),
    });
    expect(second).toMatchObject({ type: "AggregateError", code: "ECONNREFUSED" });
    expect(third).toEqual({ type: "Error", message: "only words" });
  });

  test("tells an error that is its own cause", () => {
    const { log, lines } = keptLog();
    const error = new Error("round and round");
    error.cause = error;
    log.error({ ...named, error }, "a thing failed");
    expect(lines()[0]).toMatchObject({ error: { message: "round and round" } });
  });

  test("tells of plain values only, never of a request or a connection", () => {
    const { log, lines } = keptLog();
    const request = new Request("http://localhost/", { headers: { authorization: "Bearer abc" } });
    log.info(
      { ...named, request, at: new Date(0), big: 5n, deep: { a: { b: [1, request] } } },
      "a thing happened",
    );
    expect(lines()[0]).toMatchObject({
      ...{ request: "[Request]", at: "1970-01-01T00:00:00.000Z", big: "5" },
      deep: { a: { b: [1, "[Request]"] } },
    });
  });

  test("is one line that moves no cursor, whatever the fields hold", () => {
    const { log, texts, lines } = keptLog();
    const nasty = "a\nb\r\u001b[2J\u007f\u009b2J\u2028\u2029\u202e\u2066\u0000";
    log
      .child({ request_id: nasty })
      .error({ ...named, nasty, [nasty]: nasty, error: new Error(nasty) }, nasty);
    expect(texts).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ nasty, request_id: nasty, body: nasty, error: { message: nasty } });
  });

  test("is no longer than what a pipe takes whole", () => {
    const { log, texts, lines } = keptLog();
    const long = "é\u0085".repeat(5_000);
    log.info({ ...named, long, error: new Error(long) }, "a thing happened");
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field_${n}`, "value"]));
    log.info({ ...named, ...many }, "another thing happened");
    for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThan(4_096);
    expect(lines()[0]).toMatchObject({ body: "a thing happened", long: expect.stringMatching(/ more\)$/) });
    expect(lines()[1]).toMatchObject({ body: "another thing happened", fields_cut: true });
  });
});

describe("secrets", () => {
  test.each([
    ["amqp://auditflow:hunter22@mq:5672/vhost", "amqp://auditflow:***@mq:5672/vhost"],
    ["connect to postgres://u:p%40ss:w0rd@db/x failed", "connect to postgres://u:***@db/x failed"],
    ["redis://:s3cret@cache", "redis://***@cache"],
    ["smtps://me@there:p@ss/w?rd@mail:587", "smtps://me@there:***@mail:587"],
    ["https://token@example.org/hook", "https://***@example.org/hook"],
    ['a "quoted" amqp://u:a"b\\c@mq one', 'a "quoted" amqp://u:***@mq one'],
    ["http://127.0.0.1:8080/alerts?user=a@b.example", "http://127.0.0.1:8080/alerts?user=a@b.example"],
    [
      "https://example.org/@name and mail to a@b.example",
      "https://example.org/@name and mail to a@b.example",
    ],
  ])("are blanked out of the URL in %s", (text, shown) => {
    const { log, lines } = keptLog();
    log.child({ bound: text }).error({ ...named, text, error: new Error(text), list: [{ text }] }, text);
    const [line] = lines();
    expect(line).toMatchObject({ text: shown, bound: shown, body: shown, list: [{ text: shown }] });
    expect(line).toMatchObject({ error: { message: shown } });
  });

  test("are blanked out before a long text is cut, which could leave half of one", () => {
    const { log, texts } = keptLog();
    for (let at = 1_950; at < 2_010; at++) {
      log.info({ ...named, text: `${"x".repeat(at)} amqp://user:correcthorse@mq` }, "a thing happened");
    }
    expect(texts.join()).not.toContain("corr");
  });

  test("are blanked out by the name of their field at any depth, and in what a child is given", () => {
    const { log, texts } = keptLog();
    const secret = "s3cret";
    const nested = { headers: { authorization: secret, cookie: secret }, list: [{ api_key: secret }] };
    const child = log.child({ password: secret });
    child.info(
      { ...named, token: secret, smtp_password: secret, clientSecret: 1, nested },
      "a thing happened",
    );
    expect(texts.join()).not.toContain(secret);
    expect(texts.join()).toContain('"smtp_password":"***"');
  });

  test("that the process knows are blanked out in every form they take", () => {
    const secret = 'p@ss"word/1';
    const { log, texts } = keptLog({ secrets: [secret, "timestamp", "short"] });
    log.info(
      { ...named, said: `auth failed for ${secret}`, url: encodeURIComponent(secret) },
      `short ${secret}`,
    );
    expect(texts.join()).not.toMatch(/p@ss|p%40ss/);
    expect(texts.join()).toContain("short ***");
  });
});

describe("lines that repeat", () => {
  test("are written five times, and then told once with their number", () => {
    let now = 0;
    const { log, lines } = keptLog({ clock: { now: () => now } });
    for (let n = 0; n < 20; n++) log.warn({ ...named, n, error: new Error("refused") }, "a thing failed");
    expect(lines()).toHaveLength(5);
    now = 10_000;
    log.warn({ ...named, n: 20, error: new Error("refused") }, "a thing failed");
    expect(lines().at(-1)).toMatchObject({ n: 20, repeated: 15 });
  });

  test("are told at the end of the process with the last of them", () => {
    const { log, lines } = keptLog();
    for (let n = 0; n < 8; n++) log.info({ ...named, n }, "a thing happened");
    tellRepeats(log);
    expect(lines().map(({ n, repeated }) => [n, repeated])).toEqual([
      ...[0, 1, 2, 3, 4].map((n) => [n, undefined]),
      [7, 2],
    ]);
  });

  test("are another kind with another error, text, level or module, and some are never held back", () => {
    const { log, lines } = keptLog();
    const other = log.child({ module: "detect" });
    for (let n = 0; n < 5; n++) {
      log.info(named, "a thing happened");
      log.info(named, "another thing happened");
      log.warn(named, "a thing happened");
      log.info({ ...named, error: new Error(String(n)) }, "a thing happened");
      other.info(named, "a thing happened");
    }
    expect(lines()).toHaveLength(25);
    for (let n = 0; n < 20; n++) log.info({ ...named, [everyLine]: true }, "a thing happened");
    expect(lines()).toHaveLength(45);
  });
});
