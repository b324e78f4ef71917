import type { CorrelationRule, SigmaRule } from "@auditflow/sigma";
import { correlationSettings } from "./correlation-settings.ts";

/** An idle group is decided about this much later than its lateness, and looked at now and then only; milliseconds. */
const slackMs = 60_000;

/**
 * The rules with more lateness where they count rules that are decided about later: a firing of those is known only when
 * its group's watermark has passed, and what counts it has to wait as long. All else stays as it is.
 */
export function withChainedLateness(rules: readonly SigmaRule[]): SigmaRule[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const delays = new Map<string, number>();
  /** How long after its event a firing of the rule may be known, on top of what the event itself was late. */
  const delayOf = (rule: CorrelationRule): number => {
    const known = delays.get(rule.id);
    if (known !== undefined) return known;
    const settings = correlationSettings(rule);
    const own =
      typeof settings !== "string" && settings.judging.kind === "later" ? settings.lateness + slackMs : 0;
    const delay = own + innerDelayOf(rule);
    delays.set(rule.id, delay);
    return delay;
  };
  const innerDelayOf = (rule: CorrelationRule): number =>
    Math.max(
      0,
      ...rule.rules.map((id) => {
        const inner = byId.get(id);
        return inner?.kind === "correlation" ? delayOf(inner) : 0;
      }),
    );
  return rules.map((rule) => (rule.kind === "correlation" ? withMore(rule, innerDelayOf(rule)) : rule));
}

function withMore(rule: CorrelationRule, delay: number): CorrelationRule {
  const settings = correlationSettings(rule);
  if (delay === 0 || typeof settings === "string") return rule;
  const lateness = `${Math.ceil((settings.lateness + delay) / 1000)}s`;
  const own = rule.custom["auditflow"] as Readonly<Record<string, unknown>> | undefined;
  return { ...rule, custom: { ...rule.custom, auditflow: { ...own, lateness } } };
}
