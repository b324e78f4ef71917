import type { DetectionRule, Logsource, SigmaEvent, SigmaRule } from "./rule.ts";

const keys = ["product", "category", "service"] as const;

/** As many distinct logsources of events are remembered; senders choose them, so there must be a bound. */
const maxRemembered = 1000;

/** Whether a rule is meant for the record: every key it names is equal in the record's logsource, whatever the case. */
export function applies(rule: Logsource, event: Logsource): boolean {
  return keys.every((key) => {
    const wanted = rule[key];
    return wanted === undefined || wanted.toLowerCase() === event[key]?.toLowerCase();
  });
}

/** Which detection rules are worth asking about an event. */
export interface RuleRoutes {
  /**
   * Every rule that applies to the event and can match it, in the order of the set; it may name rules that do not
   * match, never one that does not apply.
   */
  candidates(event: SigmaEvent): readonly DetectionRule[];
}

/** Sorts the detection rules of a set by logsource, so that the cost per event is that of the rules that apply. */
export function routeRules(rules: readonly SigmaRule[]): RuleRoutes {
  const detections = rules.filter((rule) => rule.kind === "detection");
  const remembered = new Map<string, readonly DetectionRule[]>();
  return {
    candidates({ logsource }) {
      const key = `${logsource.product ?? ""}\0${logsource.category ?? ""}\0${logsource.service ?? ""}`;
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const applicable = detections.filter((rule) => applies(rule.logsource, logsource));
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(key, applicable);
      return applicable;
    },
  };
}
