import { execFile } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// The same extension as this file: `.ts` when the sources run, `.js` when they were built.
const program = fileURLToPath(new URL(`./write-docs-script${extname(import.meta.url)}`, import.meta.url));

/** How long making the script may take, in milliseconds, and how large it may be, in bytes. */
const limits = { timeout: 30_000, maxBuffer: 16 * 1024 * 1024 };

let made: Promise<Buffer> | undefined;

/**
 * The script of the page of the API, gzipped. Made at the first call, within a second, by a process that ends then:
 * the library takes 50 MB to give out the 1.4 MB that are kept here, and a thread would not give them back. After a
 * failure the next call tries again.
 */
export function docsScript(): Promise<Buffer> {
  made ??= make().catch((error: unknown) => {
    made = undefined;
    throw error;
  });
  return made;
}

async function make(): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    ...limits,
    encoding: "buffer",
  });
  return stdout;
}
