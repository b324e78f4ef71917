/**
 * The one of the YAML documents of a text to which the line (from 1 on) belongs, without the marks around it and without
 * empty lines at its ends. A mark of a document begins its line, which no text within a document does.
 */
export function documentAt(text: string, line: number): string {
  const lines = text.split(/\r?\n/);
  const at = Math.min(Math.max(line, 1), lines.length) - 1;
  // The line of a rule can be the mark before it.
  const start = lines.findLastIndex((one, place) => place <= at && isMark(one)) + 1;
  const end = lines.findIndex((one, place) => place > at && isMark(one));
  const own = lines.slice(start, end < 0 ? undefined : end);
  return own
    .join("\n")
    .replace(/^\s*\n/, "")
    .trimEnd();
}

function isMark(line: string): boolean {
  return /^(?:---|\.\.\.)(?:\s|$)/.test(line);
}
