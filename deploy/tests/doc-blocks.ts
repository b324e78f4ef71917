import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of a page. */
export interface DocBlock {
  /** The page, relative to the checkout, and the line of the fence: `docs/kubernetes/storage.md:31`. */
  readonly place: string;
  /** What stands behind the fence, such as `sh offline`. */
  readonly info: string;
  readonly text: string;
  /** The paragraph before it. */
  readonly before: string;
  /** What it must print, where a block `text output` follows it. */
  readonly output?: string;
}

/** The folder of the checkout. */
export const checkout: string = join(import.meta.dirname, "..", "..");

/** The pages whose commands are checked, relative to the checkout. */
export const pages: readonly string[] = globSync("docs/kubernetes/*.md", { cwd: checkout }).sort();

/** The text of a page. */
export function pageText(page: string): string {
  return readFileSync(join(checkout, page), "utf8");
}

/** Every fenced block of a page, in its order. @throws when a fence is not closed. */
export function docBlocks(page: string): DocBlock[] {
  const lines = pageText(page).split("\n");
  const blocks: DocBlock[] = [];
  let open: { at: number; info: string } | undefined;
  lines.forEach((line, index) => {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) return;
    if (open === undefined) open = { at: index, info: fence[1] ?? "" };
    else {
      const text = lines.slice(open.at + 1, index).join("\n");
      const place = `${page}:${open.at + 1}`;
      blocks.push({ place, info: open.info, text, before: paragraphBefore(lines, open.at) });
      open = undefined;
    }
  });
  if (open !== undefined) throw new Error(`${page}:${open.at + 1}: the fence is not closed`);
  return withOutputs(blocks);
}

function paragraphBefore(lines: readonly string[], at: number): string {
  const above = lines.slice(0, at).join("\n").trimEnd();
  return above.slice(above.lastIndexOf("\n\n") + 2);
}

function withOutputs(blocks: readonly DocBlock[]): DocBlock[] {
  return blocks.map((block, index) => {
    const next = blocks[index + 1];
    return next?.info === "text output" ? { ...block, output: next.text } : block;
  });
}
