import { isUtf8 } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { Logsource } from "@auditflow/contracts";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ReadRecord, readRecords } from "./read-records.ts";

const options = { source: "/var/log/x", timeZone: "UTC", now: Date.parse("2026-11-23T08:00:00Z") };

const event = (n: number) => ({
  event_id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  timestamp: "2025-06-09T10:15:30.123Z",
  source_service: "auth",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "INFO",
  user_id: `user ${n}`,
  action_result: "SUCCESS",
});

const line = (n: number): string =>
  `Dec 10 06:55:46 host1 sshd[${n}]: Failed password for root from 192.0.2.7 port ${n} ssh2`;

function chunksOf(bytes: Buffer, size: number): Readable {
  const count = Math.ceil(bytes.length / size);
  return Readable.from(
    Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size)),
  );
}

async function read(
  input: string | Buffer,
  { chunk = 7, logsource }: { chunk?: number; logsource?: Logsource } = {},
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  const settings = logsource === undefined ? options : { ...options, logsource };
  for await (const batch of readRecords(chunksOf(bytes, chunk), settings)) records.push(...batch.records);
  return records;
}

const summary = (records: readonly ReadRecord[]): unknown[] =>
  records.map((record) => [record.line, record.offset, record.fault?.code ?? record.event?.user_id]);

describe("each form of log is seen by its content", () => {
  test("text lines, with either line end and without a last one", async () => {
    const records = await read(`${line(1)}\r\n\n${line(2)}\n${line(3)}`);
    const length = line(1).length;
    expect(summary(records)).toEqual([
      [1, 0, "root"],
      [3, length + 3, "root"],
      [4, length * 2 + 4, "root"],
    ]);
    expect(records.map((record) => record.event?.raw)).toEqual([line(1), line(2), line(3)]);
  });

  test("a text line that begins with a bracket is no JSON array", async () => {
    expect(summary(await read("[ 0.000000] Linux version\n"))).toEqual([[1, 0, "invalid_event"]]);
  });

  test("JSON lines among which one is broken", async () => {
    const text = [JSON.stringify(event(1)), '{"event_id":', "", JSON.stringify(event(3))].join("\n");
    expect(
      summary(await read(text)).map((row) => (row as unknown[]).filter((_, index) => index !== 1)),
    ).toEqual([
      [1, "user 1"],
      [2, "malformed_json"],
      [4, "user 3"],
    ]);
  });

  test.each([0, 1, 2])("a JSON array with indentation %i", async (space) => {
    const records = await read(JSON.stringify([event(1), event(2), { a: 1 }], null, space));
    expect(records.map((record) => [record.line, record.event?.user_id ?? record.fault?.code])).toEqual([
      [1, "user 1"],
      [2, "user 2"],
      [3, "invalid_event"],
    ]);
    expect(records[0]?.event?.raw).toEqual(space === 0 ? undefined : expect.stringContaining("{\n"));
  });

  test.each([
    ["one after another", `${JSON.stringify(event(1))}${JSON.stringify(event(2))}`],
    ["indented", `${JSON.stringify(event(1), null, 2)}\n${JSON.stringify(event(2), null, 2)}\n`],
  ])("JSON objects %s", async (_name, text) => {
    expect((await read(text)).map((record) => record.event?.user_id)).toEqual(["user 1", "user 2"]);
  });

  test("gzip, also of several members", async () => {
    const packed = Buffer.concat([gzipSync(`${line(1)}\n`), gzipSync(`${line(2)}\n`)]);
    expect((await read(packed)).map((record) => record.event?.raw)).toEqual([line(1), line(2)]);
  });

  test("an empty log has no records", async () => {
    expect(await read("")).toEqual([]);
    expect(await read("\n\r\n \n")).toEqual([]);
    expect(await read("[]")).toEqual([]);
  });
});

describe("trouble becomes a fault and harms no neighbour", () => {
  test("a line over 256 KiB", async () => {
    const text = `${line(1)}\n${"x".repeat(300_000)}\n${line(2)}\n`;
    expect((await read(text, { chunk: 4096 })).map(({ line, fault }) => [line, fault?.code])).toEqual([
      [1, undefined],
      [2, "too_large"],
      [3, undefined],
    ]);
  });

  test("a record over 256 KiB in an array", async () => {
    const text = JSON.stringify([event(1), { a: "x".repeat(300_000) }, event(3)]);
    expect((await read(text, { chunk: 4096 })).map(({ line, fault }) => [line, fault?.code])).toEqual([
      [1, undefined],
      [2, "too_large"],
      [3, undefined],
    ]);
  });

  test("bytes that are not UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${line(1)}\nJun 1 \xff\n`, "latin1"),
      Buffer.from(`${line(2)}\n`),
    ]);
    expect((await read(bytes)).map(({ fault }) => fault?.code)).toEqual([
      undefined,
      "invalid_utf8",
      undefined,
    ]);
  });

  test.each([
    [
      "ends inside a value",
      `[${JSON.stringify(event(1))},{"a":"`,
      ["user 1", "malformed_json", "malformed_json"],
    ],
    ["is not closed", `[${JSON.stringify(event(1))}`, ["user 1", "malformed_json"]],
    [
      "lacks a comma",
      `[${JSON.stringify(event(1))}${JSON.stringify(event(2))}]`,
      ["user 1", "malformed_json", "user 2"],
    ],
    ["has a comma too many", `[${JSON.stringify(event(1))},]`, ["user 1", "malformed_json"]],
    [
      "holds garbage",
      `[{},x"y{",${JSON.stringify(event(1))}]`,
      ["invalid_event", "malformed_json", "user 1"],
    ],
    ["is followed by more", `[${JSON.stringify(event(1))}] x`, ["user 1", "malformed_json"]],
  ])("an array that %s", async (_name, text, expected) => {
    const records = await read(text);
    const seen = records.map((record) => record.event?.user_id ?? record.fault?.code);
    expect(seen).toEqual(expected);
  });

  test("a byte order mark before an array costs one fault and no record", async () => {
    const records = await read(`\ufeff${JSON.stringify([event(1), event(2)])}`);
    expect(records.map((record) => record.event?.user_id ?? record.fault?.code)).toEqual([
      "malformed_json",
      "user 1",
      "user 2",
    ]);
  });

  test("gzip data that is cut off", async () => {
    const packed = gzipSync(Array.from({ length: 100 }, (_, n) => line(n)).join("\n"));
    const records = await read(packed.subarray(0, packed.length - 20));
    expect(records.at(-1)).toMatchObject({ line: 0, fault: { detail: expect.stringContaining("cut off") } });
  });

  test("a file that is not there is said so", async () => {
    const reading = readRecords("/nonexistent/auth.log", options).next();
    await expect(reading).rejects.toMatchObject({ code: "not_found" });
  });

  test("a folder is said to be no log", async () => {
    await expect(readRecords(tmpdir(), options).next()).rejects.toMatchObject({ code: "invalid_request" });
  });
});

describe("JSON that is no audit event", () => {
  const record = { eventTime: "2023-07-10T12:00:00Z", eventName: "DeleteTrail" };

  test("is wrapped when its logsource is named", async () => {
    const logsource = { product: "aws", service: "cloudtrail" };
    const [first] = await read(JSON.stringify(record), { logsource });
    expect(first?.event).toMatchObject({ event_type: "DeleteTrail", details: record, logsource });
  });

  test("is wrapped also when it has one of our names, once its logsource is named", async () => {
    const logsource = { product: "cisco", service: "aaa" };
    const [first] = await read(JSON.stringify({ ...record, server_hostname: "router-1" }), { logsource });
    expect(first?.event).toMatchObject({ server_hostname: "router-1", logsource });
  });

  test("is a fault that says so when not", async () => {
    const [first] = await read(JSON.stringify(record));
    expect(first?.fault?.detail).toContain("name its logsource");
  });

  test("but an audit event with a fault is never wrapped", async () => {
    const [first] = await read(JSON.stringify({ ...event(1), severity: "x" }), {
      logsource: { product: "aws" },
    });
    expect(first?.fault?.errors).toEqual([expect.objectContaining({ pointer: "/severity" })]);
  });
});

test("reading a log again gives the same ids, and equal lines have different ones", async () => {
  const text = `${line(1)}\n${line(1)}\n`;
  const ids = async (): Promise<unknown[]> => (await read(text)).map((record) => record.event?.event_id);
  const first = await ids();
  expect(await ids()).toEqual(first);
  expect(new Set(first).size).toBe(2);
});

test("records and places do not depend on how the bytes come", async () => {
  const logs = [
    `${line(1)}\r\n\n${line(2)}`,
    JSON.stringify([event(1), 'x"]', event(2), 7], null, 1),
    `${JSON.stringify(event(1), null, 1)}${JSON.stringify(event(2))} 17`,
    `${JSON.stringify(event(1))}\nbroken\n${JSON.stringify(event(2))}`,
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...logs), fc.integer({ min: 1, max: 400 }), async (text, chunk) => {
      expect(await read(text, { chunk })).toEqual(await read(text, { chunk: 1_000_000 }));
    }),
    { numRuns: 50 },
  );
});

/** What a reader who has the whole text finds: where each line starts, and its text or why it has none. */
function linesOf(bytes: Buffer): unknown[] {
  const found: unknown[] = [];
  let offset = 0;
  for (const [index, line] of bytes.toString("latin1").split("\n").entries()) {
    const content = Buffer.from(line.replace(/\r$/, ""), "latin1");
    const text = isUtf8(content) ? content.toString() : "invalid_utf8";
    if (/[^ \t\r]/.test(text)) found.push([index + 1, offset, text.includes("\0") ? "unsafe_json" : text]);
    offset += line.length + 1;
  }
  return found;
}

test("every line of any bytes is one event or one fault at its place, however the bytes come", async () => {
  const characters = [
    "\n",
    "\r",
    "\r\n",
    " ",
    "x",
    "\u00e9",
    "\u20ac",
    "\u{1f600}",
    "\ufffd",
    "\u2028",
    "\0",
  ];
  const wrong = [[0x80], [0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xc0, 0xaf]];
  const pieces = fc.oneof(
    { weight: 3, arbitrary: fc.constant(Buffer.from(`\n${line(1)}`)) },
    { weight: 8, arbitrary: fc.constantFrom(...characters.map((text) => Buffer.from(text))) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong.map((bytes) => Buffer.from(bytes))) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces), fc.integer({ min: 1, max: 200 }), async (parts, chunk) => {
      // The first line is an event, so that the log is text whatever follows.
      const bytes = Buffer.concat([Buffer.from(line(0)), ...parts]);
      const found = await read(bytes, { chunk });
      const told = found.map(({ line, offset, event, fault }) => [line, offset, event?.raw ?? fault?.code]);
      const stampless = (row: unknown): unknown =>
        (row as unknown[]).map((cell) =>
          typeof cell === "string" && !/^Dec 10|^invalid_utf8$|^unsafe_json$/.test(cell)
            ? "invalid_event"
            : cell,
        );
      expect(told).toEqual(linesOf(bytes).map(stampless));
    }),
  );
});

test("a large array is read in bounded memory, and progress is told in bytes of the file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "auditflow-read-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "events.json");
  const text = `[${Array.from({ length: 20_000 }, (_, n) => JSON.stringify(event(n))).join(",\n")}]`;
  writeFileSync(file, text);
  let largest = 0;
  let count = 0;
  let bytes = 0;
  for await (const { records, bytesRead } of readRecords(file, options)) {
    largest = Math.max(largest, records.length);
    count += records.filter((record) => record.event !== undefined).length;
    expect(bytesRead).toBeGreaterThanOrEqual(bytes);
    bytes = bytesRead;
  }
  expect(count).toBe(20_000);
  expect(bytes).toBe(Buffer.byteLength(text));
  expect(largest).toBeLessThan(3_000);
});
