import type { BigIntStats, Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { RuleProblem } from "@auditflow/sigma";

/** The rule files below some folders at one moment, without their contents. */
export interface RuleListing {
  /** What tells each file's state apart from every other, by path, in the order of the folders and of the names. */
  readonly stamps: ReadonlyMap<string, string>;
  /** Every folder that was looked into. */
  readonly folders: readonly string[];
  /** Files and folders that nothing is known of. */
  readonly problems: readonly RuleProblem[];
}

/** A rule file this long is none. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Lists every `*.yml` and `*.yaml` below the folders, through links too, leaving out the test files that stand beside the
 * rules and whatever begins with a dot: Kubernetes keeps the versions of a ConfigMap so, and editors what is unsaved.
 * A file may be named in place of a folder, whatever its ending but that of tests; what is named or found twice is listed once.
 */
export async function listRuleFiles(paths: readonly string[]): Promise<RuleListing> {
  return list(paths, { below: isRuleName, named: (path) => !isRuleTestName(path) });
}

/** Lists the test files below the folders, and those named, as `listRuleFiles` lists rules. */
export async function listRuleTestFiles(paths: readonly string[]): Promise<RuleListing> {
  return list(paths, { below: isRuleTestName, named: isRuleTestName });
}

type IsWanted = (name: string) => boolean;

async function list(
  paths: readonly string[],
  isWanted: { readonly below: IsWanted; readonly named: IsWanted },
): Promise<RuleListing> {
  const { folders, files } = await sortPaths(paths);
  const stamps = new Map<string, string>();
  const problems: RuleProblem[] = [];
  const seen = new Map<string, string>();
  const walk = async (folder: string): Promise<void> => {
    try {
      const real = await realpath(folder);
      // A link may lead back to where it stands.
      if (seen.has(real)) return;
      seen.set(real, folder);
      const entries = await readdir(folder, { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) await visit(folder, entry);
    } catch (error) {
      if (folders.includes(folder) || !isGone(error)) problems.push(unreadable(folder, error));
    }
  };
  const visit = async (folder: string, entry: Dirent): Promise<void> => {
    const path = join(folder, entry.name);
    const isRule = isWanted.below(entry.name);
    if (entry.name.startsWith(".") || (entry.isFile() && !isRule)) return;
    if (entry.isDirectory()) return walk(path);
    try {
      const found = await stat(path, { bigint: true });
      if (found.isDirectory()) return await walk(path);
      if (!isRule) return;
      stamps.set(path, stampOf(found));
    } catch (error) {
      if (isRule && !(entry.isFile() && isGone(error))) problems.push(unreadable(path, error));
    }
  };
  for (const folder of folders) await walk(folder);
  const known = new Set(stamps.values());
  for (const { path, found } of files.filter(({ path }) => isWanted.named(path))) {
    try {
      const stamp = stampOf(found);
      if (!known.has(stamp)) stamps.set(path, stamp);
      known.add(stamp);
    } catch (error) {
      problems.push(unreadable(path, error));
    }
  }
  return { stamps, folders: [...seen.values()], problems };
}

interface NamedFile {
  readonly path: string;
  readonly found: BigIntStats;
}

/** A path of which nothing can be known counts as a folder: what cannot be read is told when it is walked. */
async function sortPaths(
  paths: readonly string[],
): Promise<{ readonly folders: readonly string[]; readonly files: readonly NamedFile[] }> {
  const folders: string[] = [];
  const files: NamedFile[] = [];
  for (const path of paths) {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found?.isFile() === true) files.push({ path: normalize(path), found });
    else folders.push(path);
  }
  return { folders, files };
}

function stampOf(found: BigIntStats): string {
  if (!found.isFile()) throw new Error("it is no file");
  if (found.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}

/** The contents of rule files by path, and what could not be read. */
export interface RuleReading {
  readonly texts: ReadonlyMap<string, string>;
  readonly problems: readonly RuleProblem[];
}

/** Reads what a listing names; a file that has gone since is left out. */
export async function readRuleFiles({ stamps, problems }: RuleListing): Promise<RuleReading> {
  const texts = new Map<string, string>();
  const all = [...problems];
  for (const path of stamps.keys()) {
    try {
      texts.set(path, utf8.decode(await readFile(path)));
    } catch (error) {
      if (!isGone(error)) all.push(unreadable(path, error));
    }
  }
  return { texts, problems: all };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function isRuleName(name: string): boolean {
  return /\.ya?ml$/.test(name) && !isRuleTestName(name);
}

/** Whether a file of this name holds tests of the rules in the file beside it. */
export function isRuleTestName(name: string): boolean {
  return /\.test\.ya?ml$/.test(name);
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function unreadable(file: string, error: unknown): RuleProblem {
  return { file, line: 0, column: 0, field: "", message: `cannot be read: ${(error as Error).message}` };
}
