import type { RuleSetState } from "@auditflow/contracts";
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
  /** From now on changes of the files change the rules: `use` is handed each new set. */
  follow(use: (rules: RuleSet) => void): { stop(): void };
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
  return {
    rules: edition,
    follow: (use) => {
      let isStopped = false;
      const look = async (): Promise<void> => {
        const before = edition;
        const next = await keeper.look();
        if (next === undefined || isStopped) return;
        edition = next;
        if (next.version !== before.version) use(next);
        tellReload(before, next, options);
      };
      const watch = watchFolders({ folders: () => keeper.watched(), look, lookEvery, settle, log });
      return {
        stop: () => {
          isStopped = true;
          watch.stop();
        },
      };
    },
  };
}

const ruleRefused = "a rule cannot be used; the others are";

function tell(
  edition: RuleEdition,
  known: readonly RuleProblem[],
  { log, metrics, onRuleSet }: LiveRulesOptions,
): void {
  const { rules, problems, version } = edition;
  metrics.rulesLoaded.set(rules.length);
  metrics.ruleProblems.set(problems.length);
  onRuleSet({ version, rules: rules.length, problems: problems.length });
  const told = new Set(known.map((problem) => JSON.stringify(problem)));
  for (const problem of problems) {
    if (told.has(JSON.stringify(problem))) continue;
    log.error({ "event.name": "rule.refused", ...problem, [everyLine]: true }, ruleRefused);
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
      "not one rule of the files can be used; the rules from before stay in force",
    );
  } else if (now.rules.length === 0) {
    log.warn({ "event.name": "rules.reloaded", ...counts, [everyLine]: true }, "there is no rule any more");
  } else log.info({ "event.name": "rules.reloaded", ...counts, [everyLine]: true }, "rules reloaded");
}

function outcomeOf({ refused, problems }: RuleEdition): "complete" | "partial" | "refused" {
  if (refused) return "refused";
  return problems.length > 0 ? "partial" : "complete";
}

function countsOf({ rules, problems, version, kept }: RuleEdition): Record<string, unknown> {
  return { rule_set: version, rules: rules.length, problems: problems.length, files_kept: kept.length };
}

function changesOf({ prints: before }: RuleEdition, { prints: now }: RuleEdition): Record<string, number> {
  const common = [...now].filter(([id]) => before.has(id));
  return {
    added: now.size - common.length,
    changed: common.filter(([id, print]) => before.get(id) !== print).length,
    removed: before.size - common.length,
  };
}
