import type { Readable } from "node:stream";
import { AuditFlowError } from "@auditflow/contracts";

/** The bytes of a body, to be read before `release`: then another body may come in their place. */
export interface LentBody {
  readonly bytes: Buffer;
  /** Called at most once. Without it the memory is left to the garbage collector. */
  release(): void;
}

const usualBytes = 1024 * 1024;
const mostSpare = 8;

/**
 * Reads bodies of up to `limit` bytes into buffers that are used again: a new one for each body is most of what a busy
 * intake leaves behind.
 */
export class BodyReader {
  readonly #limit: number;
  readonly #spare: Buffer[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Reads to the end; `declared` is the length that the sender announced, if any. Rejects with `too_large`, or with
   * `invalid_request` when the connection ends too early.
   */
  read(body: Readable, declared = Number.NaN): Promise<LentBody> {
    const { promise, resolve, reject } = Promise.withResolvers<LentBody>();
    let buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(usualBytes);
    let size = 0;
    const ended = (error?: Error): void => {
      body.off("data", take).off("end", ended).off("error", cut);
      if (error === undefined) resolve(this.#lend(buffer, size));
      else {
        this.#keep(buffer);
        reject(error);
      }
    };
    const cut = (cause: Error): void => {
      ended(new AuditFlowError("invalid_request", `The body ended early: ${cause.message}`, { cause }));
    };
    const take = (chunk: Buffer): void => {
      if (size + chunk.length > this.#limit) {
        ended(tooLarge(this.#limit));
        return;
      }
      if (size + chunk.length > buffer.length) buffer = grown(buffer, size, this.#limit);
      size += chunk.copy(buffer, size);
    };
    if (declared > this.#limit) ended(tooLarge(this.#limit));
    else body.on("data", take).on("end", ended).on("error", cut);
    body.resume();
    return promise;
  }

  #lend(buffer: Buffer, size: number): LentBody {
    return { bytes: buffer.subarray(0, size), release: () => this.#keep(buffer) };
  }

  #keep(buffer: Buffer): void {
    if (buffer.length === usualBytes && this.#spare.length < mostSpare) this.#spare.push(buffer);
  }
}

function grown(buffer: Buffer, size: number, limit: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(limit, buffer.length * 4));
  buffer.copy(larger, 0, 0, size);
  return larger;
}

function tooLarge(limit: number): AuditFlowError {
  return new AuditFlowError("too_large", `The body has more than ${limit} bytes`);
}
