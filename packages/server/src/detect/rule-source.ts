import type { RuleDetail } from "@auditflow/contracts";
import type { CorrelationRule, SigmaRule } from "@auditflow/sigma";
import type { RuleSource, ToldRule } from "../telemetry/rule-desk.ts";
import type { RuleCounts } from "./rule-counts.ts";
import { documentAt } from "./rule-document.ts";
import type { RuleEdition } from "./rule-edition.ts";

/** What detection tells of its rules with. */
export interface RuleSourceOptions extends Pick<RuleSource, "reload"> {
  readonly edition: () => RuleEdition;
  readonly counts: Pick<RuleCounts, "tallies">;
  /** When what holds now began, RFC 3339. */
  readonly since: () => string;
  /** Ids of the rules of the set in force that are suspended. */
  readonly suspended: () => readonly string[];
}

/** Tells of the rules in force whatever is asked. */
export function ruleSource({ edition, counts, since, suspended, reload }: RuleSourceOptions): RuleSource {
  return {
    reload,
    tallies: () => counts.tallies(),
    rules: () => edition().rules.map(toldRule),
    detail: (ruleId) => detailOf(edition(), ruleId),
    state: () => {
      const { version, rules, refused, problems } = edition();
      const state = { version, since: since(), rules: rules.length, refused };
      return { ...state, problems: [...problems], suspended: [...suspended()] };
    },
  };
}

function detailOf({ rules, texts }: RuleEdition, ruleId: string): RuleDetail | undefined {
  const rule = rules.find(({ id }) => id === ruleId);
  if (rule === undefined) return undefined;
  const { id, title, version, description, references, file, line } = rule;
  return {
    ...{ rule_id: id, title, version, references: [...references] },
    ...(description === undefined ? {} : { description }),
    text: documentAt(texts.get(file) ?? "", line),
  };
}

function toldRule(rule: SigmaRule): ToldRule {
  const { id, title, kind, level, status, version, file, line, author, tags } = rule;
  return {
    ...{ rule_id: id, title, kind, level, version, file, line, tags: [...tags] },
    ...(kind === "correlation" ? { type: (rule as CorrelationRule).type } : {}),
    ...(status === undefined ? {} : { status }),
    ...(author === undefined ? {} : { author }),
  };
}
