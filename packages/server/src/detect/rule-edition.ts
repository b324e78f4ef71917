import { createHash } from "node:crypto";
import { sep } from "node:path";
import type { RuleProblem, RuleSet, SigmaRule } from "@auditflow/sigma";
import { loadSources } from "./load-sources.ts";
import type { RuleReading } from "./rule-files.ts";

/** The rules in force, and what they were made from. */
export interface RuleEdition extends RuleSet {
  /** First 8 hex digits of SHA-256 over what the rules say; where they are written does not count. */
  readonly version: string;
  /** What each rule says, as a hash, by its id. */
  readonly prints: ReadonlyMap<string, string>;
  /** The text in force of each file. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of each file the last text in which there was no fault. */
  readonly sound: ReadonlyMap<string, string>;
  /** Files of which an earlier text is in force, because their own is faulty or cannot be read. */
  readonly kept: readonly string[];
  /** Not one rule could be used: all is as it was before. */
  readonly refused: boolean;
}

/** Before any rule was read. */
export const noRules: RuleEdition = {
  ...{ rules: [], filters: [], problems: [], warnings: [], version: versionOf([]), prints: new Map() },
  ...{ texts: new Map(), sound: new Map(), kept: [], refused: false },
};

/**
 * What follows on an edition when the files are as they were read now. A file is taken whole or not at all: one with a
 * fault keeps its last text without any in force, and one that could not be read keeps its text; a file that never was
 * without fault gives what rules of it can be used. A rule that is in force loses its id and name to no other. If not one
 * rule can be used, everything stays.
 */
export async function nextEdition(before: RuleEdition, reading: RuleReading): Promise<RuleEdition> {
  const chosen = new Map([...unread(before, reading), ...reading.texts]);
  const keeps = new Set([...chosen.keys()].filter((file) => !reading.texts.has(file)));
  const told: RuleProblem[] = reading.problems.map((problem) => noted(problem, keeps));
  let loaded = await load(chosen, before);
  for (;;) {
    const failing = replaceable(loaded.problems, chosen, before);
    if (failing.size === 0) break;
    for (const problem of loaded.problems) if (failing.has(problem.file)) told.push(noted(problem, failing));
    for (const file of failing) {
      chosen.set(file, before.sound.get(file)!);
      keeps.add(file);
    }
    loaded = await load(chosen, before);
  }
  const problems = [...told, ...loaded.problems];
  if (loaded.rules.length === 0 && before.rules.length > 0 && problems.length > 0)
    return { ...before, problems, refused: true };
  const faulty = new Set(loaded.problems.map(({ file }) => file));
  return {
    ...loaded,
    ...stateOf(loaded.rules),
    problems,
    texts: chosen,
    sound: new Map(
      [...chosen].flatMap(([file, text]) => {
        const known = faulty.has(file) ? before.sound.get(file) : text;
        return known === undefined ? [] : [[file, known] as const];
      }),
    ),
    kept: [...keeps],
    refused: false,
  };
}

/** What is in force of the files that nothing is known of now. */
function unread({ texts }: RuleEdition, { problems }: RuleReading): [string, string][] {
  const places = problems.map(({ file }) => file);
  return [...texts].filter(([file]) =>
    places.some((place) => file === place || file.startsWith(place.endsWith(sep) ? place : place + sep)),
  );
}

/** The faulty files that an earlier text can stand in for; those that only count a faulty rule are left for later. */
function replaceable(
  problems: readonly RuleProblem[],
  chosen: ReadonlyMap<string, string>,
  { sound }: RuleEdition,
): Set<string> {
  const can = problems.filter(({ file }) => sound.has(file) && sound.get(file) !== chosen.get(file));
  const own = can.filter(({ field }) => !field.startsWith("correlation.rules"));
  return new Set((own.length > 0 ? own : can).map(({ file }) => file));
}

/** Of two rules with one id the first is taken: those that are in force come first, and stand in their places after. */
async function load(chosen: ReadonlyMap<string, string>, { sound }: RuleEdition): Promise<RuleSet> {
  const files = [...chosen.keys()].sort();
  const isInForce = (file: string): boolean => chosen.get(file) === sound.get(file);
  const ordered = [...files.filter(isInForce), ...files.filter((file) => !isInForce(file))];
  const loaded = await loadSources(ordered.map((file) => ({ file, text: chosen.get(file)! })));
  const place = new Map(files.map((file, position) => [file, position]));
  return { ...loaded, rules: loaded.rules.toSorted((a, b) => place.get(a.file)! - place.get(b.file)!) };
}

function noted(problem: RuleProblem, keeps: ReadonlySet<string>): RuleProblem {
  const { file, message } = problem;
  const isKept = [...keeps].some((kept) => kept === file || kept.startsWith(file + sep));
  return isKept ? { ...problem, message: `${message}; what was read of it before stays in force` } : problem;
}

function stateOf(rules: readonly SigmaRule[]): Pick<RuleEdition, "rules" | "prints" | "version"> {
  const prints = new Map(rules.map((rule) => [rule.id, printOf(rule)]));
  return { rules, prints, version: versionOf([...prints.values()]) };
}

/** Its functions, and what an index reads of it, are no part of it: what they do is in the rule's version. */
function printOf(rule: SigmaRule): string {
  const said = JSON.stringify({ ...rule, file: undefined, line: undefined, needs: undefined });
  return createHash("sha256").update(said).digest("hex");
}

function versionOf(prints: readonly string[]): string {
  return createHash("sha256").update(prints.toSorted().join()).digest("hex").slice(0, 8);
}
