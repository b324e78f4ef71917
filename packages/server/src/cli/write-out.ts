import { once } from "node:events";

/** Writes to standard output, waiting while the reader is slower; rejects when the signal is aborted meanwhile. */
export async function writeOut(text: string, signal?: AbortSignal): Promise<void> {
  if (text === "" || process.stdout.write(text)) return;
  await once(process.stdout, "drain", signal === undefined ? {} : { signal });
}
