import fc from "fast-check";
import { expect, test } from "vitest";
import { SplitLines } from "./split-lines.ts";

const limit = 6;

/** The same from the whole text, which is ASCII. */
function linesOf(text: string): unknown[] {
  const lines = text.split("\n");
  const ended = text === "" || text.endsWith("\n") ? lines.slice(0, -1) : lines;
  return ended.map((whole, index) => {
    const line = whole.replace(/\r$/, "");
    const offset = lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0);
    return { content: line.length > limit ? undefined : line, offset, line: index + 1 };
  });
}

test("lines and places do not depend on where the text is cut, and a line over the limit harms no neighbour", () => {
  const text = fc
    .array(fc.constantFrom("\n", "\r", "a", "bc"), { maxLength: 40 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (chunks) => {
      const split = new SplitLines(limit, (bytes, start, end) => bytes.toString("latin1", start, end));
      const lines = chunks.flatMap((chunk) => split.push(Buffer.from(chunk)));
      expect([...lines, ...split.end()]).toEqual(linesOf(chunks.join("")));
    }),
    { numRuns: 1000 },
  );
});
