import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { AuditFlowError } from "@auditflow/contracts";

/** The bytes of a log, unpacked when they are gzip, and how far the input has been read. */
export interface LogBytes {
  /** Throw AuditFlowError not_found or invalid_request when the input cannot be read. */
  readonly chunks: AsyncGenerator<Buffer>;
  /** Bytes taken from the input so far, compressed as they are. */
  readonly bytesRead: () => number;
  /** In words, what is wrong with the packed data; the chunks end where it is damaged or cut off. */
  readonly damage: () => string | undefined;
}

/** Opens a file, or takes a stream as it is; it is closed when the chunks have been read or are given up. */
export function openLog(input: string | Readable): LogBytes {
  let read = 0;
  let damage: string | undefined;
  const report = (words: string): void => {
    damage = words;
  };
  async function* counted(): AsyncGenerator<Buffer> {
    const stream = typeof input === "string" ? createReadStream(input, { highWaterMark: chunkBytes }) : input;
    try {
      for await (const part of stream) {
        const chunk = typeof part === "string" ? Buffer.from(part, "utf8") : (part as Buffer);
        read += chunk.length;
        yield chunk;
      }
    } catch (cause) {
      throw unreadable(cause);
    }
  }
  return { chunks: unpacked(counted(), report), bytesRead: () => read, damage: () => damage };
}

// Small, so that most of what is made of a chunk is gone before the garbage collector has to move it.
const chunkBytes = 64 * 1024;

function unreadable(cause: unknown): AuditFlowError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const detail = `The input cannot be read: ${message}`;
  return new AuditFlowError(code === "ENOENT" ? "not_found" : "invalid_request", detail, { cause });
}

type Report = (words: string) => void;

async function* unpacked(source: AsyncGenerator<Buffer>, report: Report): AsyncGenerator<Buffer> {
  const head = await firstBytes(source, 2);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const whole = resumed(head, source);
  if (isGzip) yield* gunzipped(whole, report);
  else yield* whole;
}

/** Reads until that many bytes are there, or the source ends. */
async function firstBytes(source: AsyncIterator<Buffer>, count: number): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < count) {
    const { done, value } = await source.next();
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

/** What a log begins with, and all of it. */
export interface Sniffed {
  readonly head: Buffer;
  readonly whole: AsyncGenerator<Buffer>;
}

/**
 * Reads what a log begins with: so many bytes, or fewer when there are no more. With `patience`, in milliseconds, also
 * what a stream has given after a line end when nothing follows for so long: a program may write its next line in an
 * hour.
 */
export async function sniff(
  chunks: AsyncGenerator<Buffer>,
  count: number,
  patience: number | undefined,
): Promise<Sniffed> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < count) {
    const next = chunks.next();
    if (patience !== undefined && head.includes(0x0a) && (await isLater(next, patience)))
      return { head, whole: resumed(head, after(next, chunks)) };
    const { done, value } = await next;
    if (done === true) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, whole: resumed(head, chunks) };
}

async function isLater(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(milliseconds, true, { signal: timer.signal }).catch(() => true);
  const isLate = await Promise.race([work.then(() => false), late]);
  timer.abort();
  return isLate;
}

/** The chunk that was asked for already, then the rest. */
async function* after(
  asked: Promise<IteratorResult<Buffer, unknown>>,
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const { done, value } = await asked;
  if (done === true) return;
  yield value;
  yield* rest;
}

/** The bytes that were looked at, then the rest. */
async function* resumed(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* gunzipped(packed: AsyncGenerator<Buffer>, report: Report): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  let unpackedBytes = 0;
  // The iteration below sees every error; without a callback it would be thrown into the void.
  pipeline(Readable.from(packed, { objectMode: false }), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) {
      unpackedBytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof AuditFlowError) throw cause;
    const { message } = cause as Error;
    report(
      `The gzip data is damaged or cut off (${message}): nothing is read after byte ${unpackedBytes} of the log`,
    );
  }
}
