import { stat } from "node:fs/promises";

/**
 * Makes a question whether a file that is held open is still the one that its name leads to: its first answer decides
 * which that is. It rejects when the file was removed or replaced, for what is written goes nowhere then. The file is
 * not opened: to close it again would take SQLite's locks away.
 */
export function filePresence(path: string): () => Promise<void> {
  let known: string | undefined;
  return async () => {
    if (path === ":memory:") return;
    const { dev, ino } = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(cause.code === "ENOENT" ? removed(path) : cause.message, { cause });
    });
    known ??= `${dev}:${ino}`;
    if (known !== `${dev}:${ino}`) throw new Error(removed(path));
  };
}

function removed(path: string): string {
  return `the file ${path} was removed or replaced while it is in use: put it back and start again`;
}
