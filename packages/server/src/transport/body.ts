import { isUtf8 } from "node:buffer";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { AuditFlowError } from "@auditflow/contracts";
import type { Decode } from "./transport.ts";

/** The bytes of one message as they are stored, and whether they are compressed. */
export interface Body {
  readonly bytes: Buffer;
  readonly zstd: boolean;
}

/** What audit events shrink to is about a tenth or twentieth: one chunk then holds a whole message. */
const usualRatio = 24;

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
// Below this the frame of zstd costs about what it saves.
const compressFrom = 1024;
// Eight times what we ever write; a foreign message that unpacks to more is refused, not inflated.
const maxUnpackedBytes = 32 * 1024 * 1024;

/** Packs JSON text: UTF-8, compressed with zstd level 1 when that is worth it. */
export function packBody(text: string): Body {
  return packed(Buffer.from(text, "utf8"));
}

/** The same for an array of which the texts, with commas between, are the elements. */
export function packArray(texts: readonly string[]): Body {
  const length = texts.reduce((sum, text) => sum + text.length + 1, 1);
  // A UTF-16 unit takes at most three bytes.
  if (length * 3 > scratch.length) return packBody(`[${texts.join(",")}]`);
  let end = 0;
  for (const text of texts) {
    scratch[end] = end === 0 ? openingBracket : comma;
    end += 1 + scratch.write(text, end + 1, "utf8");
  }
  scratch[end] = closingBracket;
  const { bytes, zstd } = packed(scratch.subarray(0, end + 1));
  return zstd ? { bytes, zstd } : { bytes: Buffer.from(bytes), zstd };
}

const openingBracket = 0x5b;
const comma = 0x2c;
const closingBracket = 0x5d;

// The joined text and its bytes would be most of the garbage of a busy process, so they are written here.
const scratch = Buffer.allocUnsafeSlow(1024 * 1024);

function packed(plain: Buffer): Body {
  if (plain.length < compressFrom) return { bytes: plain, zstd: false };
  return { bytes: zstdCompressSync(plain, compression), zstd: true };
}

/** The bytes as they were before packing. Throws `too_large` above 32 MiB and `malformed_json` when they are damaged. */
export function unpackBody(body: Body): Buffer {
  if (!body.zstd) return body.bytes;
  try {
    const chunkSize = Math.min(1024 * 1024, Math.max(64 * 1024, body.bytes.length * usualRatio));
    return zstdDecompressSync(body.bytes, { maxOutputLength: maxUnpackedBytes, chunkSize });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new AuditFlowError("too_large", `The message unpacks to more than ${maxUnpackedBytes} bytes`, {
        cause,
      });
    }
    throw new AuditFlowError(
      "malformed_json",
      `The message says it is zstd and cannot be unpacked: ${String(cause)}`,
      { cause },
    );
  }
}

/** The default decoder: strict UTF-8, one JSON value or an array of them. */
export const decodeJson: Decode = (body) => {
  if (!isUtf8(body)) throw new AuditFlowError("invalid_utf8", "The message is not valid UTF-8");
  const value = parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  return Array.isArray(value) ? value : [value];
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AuditFlowError("malformed_json", `The message is not valid JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}
