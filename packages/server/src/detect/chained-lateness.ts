import type { CorrelationRule, SigmaRule } from "@auditflow/sigma";
import { correlationSettings } from "./correlation-settings.ts";

/** An idle group is decided about this much later than its lateness, and looked at now and then only; milliseconds. */
const slackMs = 60_000;

/**
 * How long after its event a firing may be known that the rule counts, on top of what the event itself was late, in
 * milliseconds: 0 where all that it counts is decided at once. The lateness of the rules it counts has what these wait for.
 */
export function chainedWait(rule: CorrelationRule, ruleOf: (id: string) => SigmaRule | undefined): number {
  const waits = rule.rules.map((id) => {
    const inner = ruleOf(id);
    if (inner?.kind !== "correlation") return 0;
    const settings = correlationSettings(inner);
    const isLater = typeof settings !== "string" && settings.judging.kind === "later";
    return isLater ? settings.lateness + slackMs : chainedWait(inner, ruleOf);
  });
  return Math.max(0, ...waits);
}

/**
 * The rules with more lateness where they count rules that are decided about later: a firing of those is known only when
 * its group's watermark has passed, and what counts it has to wait as long. All else stays as it is.
 */
export function withChainedLateness(rules: readonly SigmaRule[]): SigmaRule[] {
  const written = new Map(rules.map((rule) => [rule.id, rule]));
  const done = new Map<string, SigmaRule>();
  const ruleOf = (id: string): SigmaRule | undefined => {
    const rule = written.get(id);
    if (rule === undefined || done.has(id)) return done.get(id);
    const waiting = rule.kind === "correlation" ? withMore(rule, chainedWait(rule, ruleOf)) : rule;
    done.set(id, waiting);
    return waiting;
  };
  return rules.map(({ id }) => ruleOf(id)!);
}

function withMore(rule: CorrelationRule, wait: number): CorrelationRule {
  const settings = correlationSettings(rule);
  if (wait === 0 || typeof settings === "string") return rule;
  const lateness = `${Math.ceil((settings.lateness + wait) / 1000)}s`;
  const own = rule.custom["auditflow"] as Readonly<Record<string, unknown>> | undefined;
  return { ...rule, custom: { ...rule.custom, auditflow: { ...own, lateness } } };
}
