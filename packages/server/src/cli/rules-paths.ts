import { statSync } from "node:fs";
import { AuditFlowError } from "@auditflow/contracts";
import { parseDocuments, type RuleDocument, type RuleProblem, type RuleSet } from "@auditflow/sigma";
import { rulePack } from "../app/rule-pack.ts";
import { loadSources } from "../detect/load-sources.ts";
import { listRuleFiles, type RuleReading, readRuleFiles } from "../detect/rule-files.ts";
import { printable } from "./printable.ts";
import { startProgress } from "./progress.ts";

/** Rule files of some paths: what is written in them, and the set that they are. */
export interface LoadedRules {
  readonly set: RuleSet;
  readonly texts: RuleReading["texts"];
  /** Files and folders that could not be read; these are among the set's problems too. */
  readonly unreadable: readonly RuleProblem[];
}

/**
 * Loads what was named as one set; without any path, the rules that come along. What is wrong with rules is in the set.
 * @throws AuditFlowError invalid_config when a path does not exist, or no file of rules is there.
 */
export async function loadRulePaths(named: readonly string[]): Promise<LoadedRules> {
  const paths = pathsOr(named, rulePack);
  const reading = await readRuleFiles(await listRuleFiles(paths));
  if (reading.texts.size === 0 && reading.problems.length === 0) {
    const message = `There is no rule in ${paths.join(", ")}: rules are files that end in .yml or .yaml`;
    throw new AuditFlowError("invalid_config", message);
  }
  return await loadReading(reading);
}

/** The paths named, or else the other one; they must exist. */
export function pathsOr(named: readonly string[], other: string): readonly string[] {
  for (const path of named) {
    try {
      statSync(path);
    } catch (error) {
      const message = `${path} cannot be read: ${(error as Error).message}; name a file or folder of rules`;
      throw new AuditFlowError("invalid_config", message, { cause: error });
    }
  }
  return named.length > 0 ? named : [other];
}

async function loadReading({ texts, problems }: RuleReading): Promise<LoadedRules> {
  const progress = startProgress();
  progress.update(`reading ${texts.size} files`);
  try {
    const loaded = await loadSources([...texts].map(([file, text]) => ({ file, text })));
    const set = { ...loaded, problems: [...problems, ...loaded.problems] };
    return { set, texts, unreadable: problems };
  } finally {
    progress.done();
  }
}

/** The documents of the files as they are written, in the order of the files. */
export function documentsOf(texts: RuleReading["texts"]): RuleDocument[] {
  return [...texts].flatMap(([file, text]) => parseDocuments({ file, text }));
}

/** A fault or a warning as compilers tell theirs, so that editors find the place. */
export function problemLine({ file, line, column, field, message }: RuleProblem, mark = ""): string {
  const text = message.split("\n").map(printable).join("\n    ");
  return `${file}:${line}:${column}: ${mark}${field === "" ? "" : `${printable(field)}: `}${text}\n`;
}

/** The faults and warnings file by file, the faults of each first. */
export function problemLines({ problems, warnings }: Pick<RuleSet, "problems" | "warnings">): string {
  const byFile = Map.groupBy([...problems, ...warnings], ({ file }) => file);
  const isWarning = new Set<RuleProblem>(warnings);
  const inFile = (found: readonly RuleProblem[]): string[] => {
    const [faults, others] = [
      found.filter((one) => !isWarning.has(one)),
      found.filter((one) => isWarning.has(one)),
    ];
    return [
      ...faults.sort(byPlace).map((one) => problemLine(one)),
      ...others.sort(byPlace).map((one) => problemLine(one, "warning: ")),
    ];
  };
  return [...byFile]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, found]) => inFile(found))
    .join("");
}

function byPlace(a: RuleProblem, b: RuleProblem): number {
  return a.line - b.line || a.column - b.column;
}

/** A number with its noun: `1 rule`, `2 rules`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
