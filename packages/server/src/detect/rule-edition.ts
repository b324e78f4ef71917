import { createHash } from "node:crypto";
import { sep } from "node:path";
import type { RuleSet, SigmaRule } from "@auditflow/sigma";
import { loadSources } from "./load-sources.ts";
import type { RuleReading } from "./rule-files.ts";

/** The rules in force, and what they were made from. */
export interface RuleEdition extends RuleSet {
  /** First 8 hex digits of SHA-256 over what the rules say; where they are written does not count. */
  readonly version: string;
  /** What each rule says, as a hash, by its id. */
  readonly prints: ReadonlyMap<string, string>;
  /** The text of each file that the rules in force were made from. */
  readonly texts: ReadonlyMap<string, string>;
  /** The files and folders that had a fault when these rules came in force. */
  readonly faulty: ReadonlySet<string>;
  /** The files were read since and refused, for what `problems` says; all else is of the reading before. */
  readonly refused: boolean;
}

/** Before any rule was read. */
export const noRules: RuleEdition = {
  ...{ rules: [], filters: [], problems: [], warnings: [], version: versionOf([]), prints: new Map() },
  ...{ texts: new Map(), faulty: new Set<string>(), refused: false },
};

/**
 * What follows on an edition when the files are as they were read now: they are taken whole, or refused whole and
 * everything stays. They are refused for a fault where there was none before, and when a rule in force would end through
 * a fault. While no rule is in force, as at the start, what can be used of them is.
 */
export async function nextEdition(before: RuleEdition, reading: RuleReading): Promise<RuleEdition> {
  const loaded = await loadSources([...reading.texts].sort(byFile).map(([file, text]) => ({ file, text })));
  const problems = [...reading.problems, ...loaded.problems];
  const faulty = new Set(problems.map(({ file }) => file));
  const prints = new Map(loaded.rules.map((rule) => [rule.id, printOf(rule)]));
  if (breaks(before, { faulty, prints })) return { ...before, problems, refused: true };
  return {
    ...{ ...loaded, problems, prints, faulty, texts: reading.texts },
    ...{ version: versionOf([...prints.values()]), refused: false },
  };
}

function byFile([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}

/** Whether a set has a fault that the one before has not, or loses a rule of it to one. */
function breaks(before: RuleEdition, now: Pick<RuleEdition, "faulty" | "prints">): boolean {
  if (before.rules.length === 0) return false;
  const places = [...now.faulty];
  if (places.some((place) => !before.faulty.has(place))) return true;
  return before.rules.some(
    ({ id, file }) => !now.prints.has(id) && places.some((place) => isWithin(file, place)),
  );
}

function isWithin(file: string, place: string): boolean {
  return file === place || file.startsWith(place.endsWith(sep) ? place : place + sep);
}

/** Its functions, and what an index reads of it, are no part of it: what they do is in the rule's version. */
function printOf(rule: SigmaRule): string {
  const said = JSON.stringify({ ...rule, file: undefined, line: undefined, needs: undefined });
  return createHash("sha256").update(said).digest("hex");
}

function versionOf(prints: readonly string[]): string {
  return createHash("sha256").update(prints.toSorted().join()).digest("hex").slice(0, 8);
}
