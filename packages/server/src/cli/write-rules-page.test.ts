import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runHere } from "../../testing/run-here.ts";

const page = await readFile(new URL("../../../../docs/how-to/write-rules.md", import.meta.url), "utf8");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-page-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A block of the page: what is to be written into a file, to take the place of a line of one, or to be run. */
const blocks = [
  ...page.matchAll(/(?:<!-- (file|replace): ([^\s:]+)(?:: (.*))? -->\n\n)?```(\w+)\n([\s\S]*?)```/g),
].map(([, action, file = "", line = "", language, text = ""]) => ({ action, file, line, language, text }));

test("all that the page shows is what the commands say", async () => {
  for (const { action, file, line, language, text } of blocks) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    if (action === "file") await writeFile(path, text);
    if (action === "replace")
      await writeFile(path, (await readFile(path, "utf8")).replace(`    ${line}\n`, text));
    if (language === "console") expect(await played(text)).toBe(text);
  }
});

test("the page has commands of every kind", () => {
  const commands = blocks
    .filter(({ language }) => language === "console")
    .map(({ text }) => text.split(" ")[3]);
  expect(new Set(commands)).toEqual(new Set(["lint", "explain", "test", "cloudtrail.jsonl"]));
});

/** A block of a terminal, played: its command, which may be cut by sed, and what is printed. */
async function played(text: string): Promise<string> {
  const [command = ""] = text.split("\n");
  const [call = "", filter] = command.replace("$ auditflow ", "").split(" | ");
  const isPath = (word: string): boolean =>
    blocks.some(({ file }) => file === word || file.startsWith(`${word}/`));
  const [name = "", ...words] = call.split(" ");
  const args = words.map((word) => (isPath(word) ? join(folder, word) : word));
  const { stdout, stderr } = await runHere([name, ...args]);
  const shown = filter === undefined ? stdout : stdout.slice(stdout.indexOf("This event"));
  return `${command}\n${steady(`${shown}${stderr}`)}`;
}

/** Without what differs from run to run: the folder, and the time that it took. */
function steady(text: string): string {
  return text
    .replaceAll(`${folder}/`, "")
    .replace(/\d+\.\d+ seconds/g, "0.05 seconds")
    .replace(/\d+ events\/s/g, "60 events/s");
}
