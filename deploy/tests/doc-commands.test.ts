import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { apiResourcesPage, kindFaults } from "../helm/api-resources.ts";
import { describedKinds, madeByOthers } from "../helm/described-kinds.ts";
import { checkout, docBlocks, pages, pageText } from "./doc-blocks.ts";
import { helmHomes } from "./rendered.ts";

const blocks = pages.flatMap(docBlocks);
const shell = blocks.filter(({ info }) => /^(?:sh|bash|shell)\b/.test(info));
const offline = shell.filter(({ info }) => info === "sh offline");
const onCluster = shell.filter(({ info }) => info === "sh cluster");
let copy = "";

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "auditflow-docs-"));
  for (const folder of ["deploy", "docs"])
    cpSync(join(checkout, folder), join(copy, folder), { recursive: true });
  for (const name of [".tools", "node_modules", "packages", "rules", "package.json", "package-lock.json"])
    symlinkSync(join(checkout, name), join(copy, name));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("every block of commands says whether it needs a cluster", () => {
  const unmarked = shell.filter((block) => !offline.includes(block) && !onCluster.includes(block));
  expect(unmarked.map(({ place }) => place)).toEqual([]);
  expect(offline.length).toBeGreaterThan(10);
});

test("what stands before a block that needs a cluster says what it needs", () => {
  const silent = onCluster.filter(({ before }) => !/\bneeds\b/i.test(before));
  expect(silent.map(({ place }) => place)).toEqual([]);
});

test.each(offline.map((block) => [block.place, block] as const))("%s runs as printed", (_, block) => {
  const { text, output } = block;
  // What is to fail in the middle of a pipe is told by what the pipe prints.
  const { status, stdout, stderr } = bash(text, output === undefined ? ["-o", "pipefail"] : []);
  expect(status, `${stdout}${stderr}`).toBe(0);
  if (output !== undefined) expect(stdout.trimEnd()).toBe(output.trimEnd());
});

test.each(onCluster.map((block) => [block.place, block] as const))(
  "%s is sound shell and names files that are there",
  (_, { text }) => {
    const { status, stderr } = bash(text, ["-n"]);
    expect(status, stderr).toBe(0);
    const named = text.match(/\b(?:deploy|packages|docs)\/[\w./-]+/g) ?? [];
    expect(named.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
  },
);

test("every command of kubectl and helm that needs a cluster exists, with its options", () => {
  const unknown = onCluster.flatMap(({ place, text }) =>
    commandsIn(text).flatMap((command) => unknownOptions(command).map((option) => `${place}: ${option}`)),
  );
  expect(unknown).toEqual([]);
});

test("every block of YAML is YAML", () => {
  const yaml = blocks.filter(({ info }) => info.startsWith("yaml"));
  const broken = yaml.filter(({ text }) => parseAllDocuments(text).some(({ errors }) => errors.length > 0));
  expect(broken.map(({ place }) => place)).toEqual([]);
});

test.each(pages)("every link of %s leads somewhere", (page) => {
  const links = [...pageText(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
});

test("the index names every page", () => {
  const index = pageText("docs/kubernetes/README.md");
  const others = pages
    .map((page) => page.slice("docs/kubernetes/".length))
    .filter((name) => name !== "README.md");
  expect(others.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});

test("the tables of API resources are what the chart and deploy/cluster make", () => {
  const text = pageText("docs/kubernetes/api-resources.md");
  expect(apiResourcesPage(text)).toBe(text);
});

test("a kind that is made and not described, or described and not made, is told", () => {
  expect(kindFaults(new Set(["Service", "Job"]), new Set(["Service", "CronJob"]))).toEqual([
    "Job is made and deploy/helm/described-kinds.ts does not describe it",
    "deploy/helm/described-kinds.ts describes CronJob, which nothing makes",
  ]);
});

test("a kind points to kinds that are described", () => {
  const all = { ...describedKinds, ...madeByOthers };
  const targets = Object.values(all).flatMap(({ pointsTo }) => pointsTo.map(([target]) => target));
  expect(targets.filter((target) => !(target in all))).toEqual([]);
});

function bash(
  text: string,
  options: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const beside = join(checkout, "..", "shared", "data", "kube-schemas");
  const schemas = process.env["KUBE_SCHEMAS"] || (existsSync(beside) ? beside : undefined);
  return spawnSync("bash", ["--norc", ...options, "-eu", "-c", text], {
    cwd: copy,
    encoding: "utf8",
    timeout: 120_000,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...{ HOME: copy, ...helmHomes, ...(schemas === undefined ? {} : { KUBE_SCHEMAS: schemas }) },
      PATH: [join(copy, ".tools", "bin"), process.env["PATH"]].join(delimiter),
    },
  });
}

/** The commands of a block that begin with kubectl or helm, continued lines joined, pipes apart. */
function commandsIn(text: string): string[][] {
  const bare = text.replace(/\\\n/g, " ").replace(/'[^']*'|"[^"]*"/g, "_");
  return [...bare.matchAll(/\b(?:kubectl|helm) [^|\n<>;)]*/g)].map(([command]) =>
    command.trim().split(/\s+/),
  );
}

/** Options of a command that the tool's own help does not know; the command itself where that is unknown. */
function unknownOptions(command: readonly string[]): string[] {
  const [tool = "", ...words] = command;
  const verbs = words.slice(0, Math.min(2, words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word)) >>> 0));
  const options = words.slice(0, words.indexOf("--") >>> 0).filter((word) => /^--[a-z]/.test(word));
  const help = verbs
    .map((_, index) => printed(`${tool} ${verbs.slice(0, index + 1).join(" ")} --help`))
    .join("");
  if (help === "") return [command.join(" ")];
  const known = help + printed(tool === "kubectl" ? "kubectl options" : "helm --help");
  return options.map((option) => option.split("=")[0] ?? "").filter((option) => !known.includes(option));
}

const outputs = new Map<string, string>();

/** What a command prints, asked once; empty when it fails. */
function printed(command: string): string {
  const known = outputs.get(command);
  if (known !== undefined) return known;
  const { status, stdout } = bash(command);
  outputs.set(command, status === 0 ? stdout : "");
  return outputs.get(command) ?? "";
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(checkout, target))) return false;
  return anchor === undefined || anchorsOf(pageText(target)).includes(anchor);
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
