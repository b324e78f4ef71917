import { spinner } from "@clack/prompts";

/** A line on standard error that tells how far a long work is; silent where nobody looks at a terminal. */
export interface Progress {
  update(text: string): void;
  /** Wipes the line. */
  done(): void;
}

/** Starts a progress line. */
export function startProgress(): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, done: () => undefined };
  const line = spinner({ output: process.stderr });
  line.start();
  return { update: (text) => line.message(text), done: () => line.clear() };
}

/** The share of a file that was read, in words. */
export function share(bytesRead: number, size: number | undefined): string {
  return size === undefined || size === 0
    ? ""
    : ` (${Math.min(100, Math.floor((bytesRead / size) * 100))} %)`;
}
