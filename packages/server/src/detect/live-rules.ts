import type { RuleReloadOutcome, RuleSetState } from "@auditflow/contracts";
import type { RuleProblem, RuleSet } from "@auditflow/sigma";
import { everyLine } from "../telemetry/every-line.ts";
import type { WatchFolders } from "../telemetry/folder-watch.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { RuleEdition } from "./rule-edition.ts";
import { RuleKeeper } from "./rule-keeper.ts";

/** What rules are followed with. */
export interface LiveRulesOptions {
  /** Folders of Sigma rules. */
  readonly folders: readonly string[];
  readonly watchFolders: WatchFolders;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told of the rules in force, at the start and at each change. */
  readonly onRuleSet: (state: Omit<RuleSetState, "since">) => void;
}

/** The rules in force. */
export interface LiveRules {
  readonly rules: RuleSet;
  /** Those in force now, and what is wrong with the files. */
  edition(): RuleEdition;
  /** From now on changes of the files change the rules: `use` is handed each new set. */
  follow(use: (rules: RuleSet) => void): Following;
}

/** How changes are followed. */
export interface Following {
  /** Reads the files now, changed or not, and resolves to what came of it when that is in force. */
  reload(): Promise<RuleReloadOutcome>;
  /** What is being read comes in force no more. */
  stop(): void;
}

/** Where nothing tells of a change, as on some network file systems, it is seen after this many milliseconds. */
const lookEvery = 10_000;

/** An editor, a copy of a folder or a link that is swapped makes several changes within this many milliseconds. */
const settle = 250;

/** Reads the rules; what is wrong with any of them is told in log and metrics, and keeps no other from being used. */
export async function openRules(options: LiveRulesOptions): Promise<LiveRules> {
  const { folders, watchFolders, log } = options;
  const keeper = new RuleKeeper(folders);
  await keeper.look();
  let edition = keeper.edition;
  tell(edition, [], options);
  log.info({ "event.name": "rules.loaded", ...countsOf(edition) }, "rules loaded");
  const follow = (use: (rules: RuleSet) => void): Following => {
    let isStopped = false;
    const look = async (anew: boolean): Promise<RuleReloadOutcome> => {
      const before = edition;
      const next = await keeper.look({ anew });
      if (next === undefined || isStopped) return edition.refused ? "refused" : "unchanged";
      edition = next;
      if (next.version !== before.version) use(next);
      tellReload(before, next, options);
      return outcomeOf(next);
    };
    const inTurn = oneByOne(look);
    const watch = watchFolders({
      ...{ folders: () => keeper.watched(), lookEvery, settle, log },
      look: async () => void (await inTurn(false)),
    });
    const stop = (): void => {
      isStopped = true;
      watch.stop();
    };
    return { reload: () => inTurn(true), stop };
  };
  return { rules: edition, edition: () => edition, follow };
}

/** Calls that come while one is under way wait for it. */
function oneByOne<A, T>(call: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const next = last.then(() => call(argument));
    last = next.catch(() => undefined);
    return next;
  };
}

const ruleRefused = "a rule cannot be used; the others are";
const changeRefused = "the rule files have a new fault: what they say is refused, all of it";

function tell(
  edition: RuleEdition,
  known: readonly RuleProblem[],
  { log, metrics, onRuleSet }: LiveRulesOptions,
): void {
  const { rules, problems, version, refused } = edition;
  metrics.rulesLoaded.set(rules.length);
  metrics.ruleProblems.set(problems.length);
  onRuleSet({ version, rules: rules.length, problems: problems.length });
  const told = new Set(known.map((problem) => JSON.stringify(problem)));
  for (const problem of problems) {
    if (told.has(JSON.stringify(problem))) continue;
    log.error(
      { "event.name": "rule.refused", ...problem, [everyLine]: true },
      refused ? changeRefused : ruleRefused,
    );
  }
}

/** What was told before and is still so is not told again. */
function tellReload(before: RuleEdition, now: RuleEdition, options: LiveRulesOptions): void {
  const { log, metrics } = options;
  tell(now, before.problems, options);
  metrics.ruleReloads.inc({ outcome: outcomeOf(now) });
  const counts = { ...countsOf(now), ...changesOf(before, now) };
  if (now.refused) {
    log.error(
      { "event.name": "rules.kept", ...counts, [everyLine]: true },
      "the rules from before stay in force, all of them, until the files are mended",
    );
  } else if (now.rules.length === 0) {
    log.warn({ "event.name": "rules.reloaded", ...counts, [everyLine]: true }, "there is no rule any more");
  } else log.info({ "event.name": "rules.reloaded", ...counts, [everyLine]: true }, "rules reloaded");
}

function outcomeOf({ refused, problems }: RuleEdition): "complete" | "partial" | "refused" {
  if (refused) return "refused";
  return problems.length > 0 ? "partial" : "complete";
}

function countsOf({ rules, problems, version }: RuleEdition): Record<string, unknown> {
  return { rule_set: version, rules: rules.length, problems: problems.length };
}

function changesOf({ prints: before }: RuleEdition, { prints: now }: RuleEdition): Record<string, number> {
  const common = [...now].filter(([id]) => before.has(id));
  return {
    added: now.size - common.length,
    changed: common.filter(([id, print]) => before.get(id) !== print).length,
    removed: before.size - common.length,
  };
}
