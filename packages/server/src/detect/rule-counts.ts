import type { Alert, RuleTally } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";

/** What was seen of one rule. */
export type RuleCount = Record<Exclude<keyof RuleTally, "rule_id">, number>;

/** What a process has seen of each rule in force, since it started or since the rule came. */
export interface RuleCounts {
  /** The numbers of the rule, to be added to; of a rule that is no longer in force, numbers that nobody reads. */
  of(rule: SigmaRule): RuleCount;
  /** These alerts were published: those that are told for the first time count for their rules. */
  published(alerts: readonly Alert[]): void;
  /** An episode of the rule of this id ended untold. */
  suppressed(ruleId: string): void;
  /** From now on these rules are in force: those of an id that was there before count on. */
  use(rules: readonly SigmaRule[]): void;
  /** Of each rule that has counted anything, what is not 0. */
  tallies(): RuleTally[];
}

/** Begins with zeros. Safe to call for every match: a rule's numbers are found by the rule itself. */
export function ruleCounts(rules: readonly SigmaRule[]): RuleCounts {
  let byId = new Map<string, RuleCount>();
  let byRule = new WeakMap<SigmaRule, RuleCount>();
  const use = (next: readonly SigmaRule[]): void => {
    const before = byId;
    byId = new Map(next.map(({ id }) => [id, before.get(id) ?? zeros()]));
    byRule = new WeakMap(next.map((rule) => [rule, byId.get(rule.id)!]));
  };
  const find = (rule: SigmaRule): RuleCount => {
    // What is under way has a rule of the set before.
    const count = byId.get(rule.id) ?? zeros();
    byRule.set(rule, count);
    return count;
  };
  use(rules);
  return {
    use,
    of: (rule) => byRule.get(rule) ?? find(rule),
    published: (alerts) => {
      for (const { revision, analysis_rule } of alerts) {
        const count = revision === 1 ? byId.get(analysis_rule.rule_id) : undefined;
        if (count !== undefined) count.alerts += 1;
      }
    },
    suppressed: (ruleId) => {
      const count = byId.get(ruleId);
      if (count !== undefined) count.suppressed += 1;
    },
    tallies: () => [...byId].filter(([, count]) => hasCounted(count)).map(tallyOf),
  };
}

function zeros(): RuleCount {
  return { matches: 0, alerts: 0, late: 0, skipped: 0, duplicates: 0, suppressed: 0 };
}

function hasCounted(count: RuleCount): boolean {
  return Object.values(count).some((value) => value > 0);
}

function tallyOf([rule_id, count]: readonly [string, RuleCount]): RuleTally {
  return { rule_id, ...Object.fromEntries(Object.entries(count).filter(([, value]) => value > 0)) };
}
