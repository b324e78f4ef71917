import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { describe, expect, test } from "vitest";
import { Alert } from "./alert.ts";
import { AuditEvent } from "./event.ts";
import { QuarantinedRecord } from "./topics.ts";

const folder = new URL("../fixtures/v1/", import.meta.url);

/** The first 16 hex digits of SHA-256 of each golden message: a new message is a new row, no row ever changes. */
const digests: Readonly<Record<string, string>> = {
  "alert-full.json": "b4a7078367498f07",
  "alert-minimal.json": "6cdff75fa7a102da",
  "event-from-first-generator.json": "f9d6b13975c2436a",
  "event-full.json": "efbd8bd1a4d2b4a8",
  "event-minimal.json": "d4d6acbbffbeb4fc",
  "quarantined-record.json": "ff2b2eadff048dc5",
};

const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");

test("golden messages are only ever added", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  const found = files.map((file) => [
    file,
    createHash("sha256").update(read(file)).digest("hex").slice(0, 16),
  ]);
  expect(Object.fromEntries(found)).toEqual(digests);
});

describe("every golden message fits its schema", () => {
  test.each<[string, TSchema]>([
    ["event-minimal.json", AuditEvent],
    ["event-full.json", AuditEvent],
    ["alert-minimal.json", Alert],
    ["alert-full.json", Alert],
    ["quarantined-record.json", QuarantinedRecord],
  ])("%s", (file, schema) => {
    expect([...Value.Errors(schema, JSON.parse(read(file)))]).toEqual([]);
  });

  test("but for the timestamp, what the first generator sent does too", () => {
    const errors = [...Value.Errors(AuditEvent, JSON.parse(read("event-from-first-generator.json")))];
    expect(errors.map(({ instancePath }) => instancePath)).toEqual(["/timestamp"]);
  });

  test("the quarantined record tells the size of its body", () => {
    const record = JSON.parse(read("quarantined-record.json"));
    expect(record.size_bytes).toBe(Buffer.byteLength(record.body));
  });
});
