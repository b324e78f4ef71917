import type { Logsource } from "@auditflow/contracts";
import { type Level, levels, type RuleSet, type SigmaRule } from "@auditflow/sigma";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseLogsource } from "./input.ts";

/** Which rules are meant: all that fit every option given. */
export interface SelectOptions {
  readonly level?: readonly Level[];
  readonly minLevel?: Level;
  readonly logsource?: Logsource;
  readonly tag?: readonly string[];
}

/** Adds the options that narrow what is shown. */
export function addSelectOptions(command: Command): Command {
  return command
    .option("--level <list>", `only these levels, separated by commas: ${levels.join(", ")}`, parseLevels)
    .addOption(new Option("--min-level <level>", "only this level and above").choices(levels))
    .option("--logsource <pairs>", "only rules about this: product=..,category=..,service=..", parseLogsource)
    .option("--tag <tag>", "only rules with this tag or one below it (repeatable: any of them)", append);
}

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value.toLowerCase()];
}

function parseLevels(text: string): Level[] {
  return text.split(",").map((part) => {
    const level = levels.find((known) => known === part.trim().toLowerCase());
    if (level !== undefined) return level;
    throw new InvalidArgumentError(`"${part.trim()}" is none of ${levels.join(", ")}`);
  });
}

/** What of a rule, sound or not, is looked at. */
export interface Selectable {
  readonly level: string | undefined;
  readonly tags: readonly string[];
  /** Those of the rules that it counts, for a correlation. */
  readonly logsources: readonly Logsource[];
}

/** Whether something is what the options ask for. */
export function isSelected({ level, tags, logsources }: Selectable, options: SelectOptions): boolean {
  const { level: wanted, minLevel, logsource, tag } = options;
  const rank = level === undefined ? -1 : (levels as readonly string[]).indexOf(level);
  return (
    (wanted === undefined || wanted.some((one) => one === level)) &&
    (minLevel === undefined || rank >= levels.indexOf(minLevel)) &&
    (logsource === undefined || logsources.some((one) => names(one, logsource))) &&
    (tag === undefined ||
      tags.some((one) => tag.some((prefix) => one === prefix || one.startsWith(`${prefix}.`))))
  );
}

function names(own: Logsource, wanted: Logsource): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => String(own[key as keyof Logsource]).toLowerCase() === value.toLowerCase(),
  );
}

/** The logsources that a rule is about, in the end: those of the detection rules that it counts. */
export function logsourcesOf(rule: SigmaRule, { rules }: Pick<RuleSet, "rules">): readonly Logsource[] {
  if (rule.kind === "detection") return [rule.logsource];
  return rules.filter(({ id }) => rule.rules.includes(id)).flatMap((inner) => logsourcesOf(inner, { rules }));
}

/** A logsource in one word: `product=linux,service=sshd`. */
export function logsourceText(logsource: Logsource): string {
  return Object.entries(logsource)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
