import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { BodyReader } from "./read-body.ts";

const limit = 4 * 1024 * 1024;

test("bodies that come at one time do not mix, and the memory of one that was read is used again", async () => {
  const reader = new BodyReader(limit);
  const streams = [new PassThrough(), new PassThrough()];
  const bodies = streams.map((stream) => reader.read(stream));
  for (const part of ["one ", "two ", "three"])
    for (const [n, stream] of streams.entries()) stream.write(part + n);
  for (const stream of streams) stream.end();
  const [first, second] = await Promise.all(bodies);
  expect(first!.bytes.toString()).toBe("one 0two 0three0");
  expect(second!.bytes.toString()).toBe("one 1two 1three1");
  first!.release();
  const third = await reader.read(Readable.from([Buffer.from("x")]));
  expect(third.bytes.buffer).toBe(first!.bytes.buffer);
  expect(third.bytes.toString()).toBe("x");
  expect(second!.bytes.toString()).toBe("one 1two 1three1");
});

test("a body of any size up to the limit comes whole", async () => {
  const chunks = Array.from({ length: 64 }, (_, n) => Buffer.alloc(limit / 64, n));
  const { bytes } = await new BodyReader(limit).read(Readable.from(chunks));
  expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
});

test("a byte more is refused, also when it was announced and not sent", async () => {
  const reader = new BodyReader(10);
  const tooLarge = { code: "too_large" };
  await expect(reader.read(Readable.from([Buffer.alloc(6), Buffer.alloc(5)]))).rejects.toMatchObject(
    tooLarge,
  );
  await expect(reader.read(new PassThrough(), 11)).rejects.toMatchObject(tooLarge);
});

test("a connection that ends too early is the sender's fault", async () => {
  const stream = new PassThrough();
  const reading = new BodyReader(10).read(stream);
  stream.destroy(new Error("aborted"));
  await expect(reading).rejects.toMatchObject({ code: "invalid_request" });
});
