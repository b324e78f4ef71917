import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Size and SHA-256 of a file. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads a file whole for its digest. */
export async function digestOf(path: string): Promise<Digest> {
  return await through(path, new Writable({ write: (_chunk, _encoding, done) => done() }));
}

/** Copies a file, for its owner's eyes only, and says what was copied. */
export async function copyFile(from: string, to: string): Promise<Digest> {
  return await through(from, createWriteStream(to, { mode: 0o600, flags: "wx" }));
}

async function through(path: string, target: Writable): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(path, { highWaterMark: 1024 ** 2 }), counted, target);
  return { bytes, sha256: hash.digest("hex") };
}

/** Resolves when what was written to a file, or renamed in a folder, outlives a power cut. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
