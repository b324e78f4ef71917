import { applies, type DetectionRule, type RuleRoutes } from "@auditflow/sigma";
import type { MadeEvent } from "./made-stream.ts";
import { eventOf, matching } from "./rates.ts";

/**
 * Compares what the routes find in a sample, one event of each `every`, with the slow reference: every rule that
 * applies evaluated on its own, on an event of its own. Tells how many pairs of event and rule there are.
 * @throws Error when they differ.
 */
export function expectSamePairs(
  { events, every }: { readonly events: readonly MadeEvent[]; readonly every: number },
  rules: readonly DetectionRule[],
  routes: RuleRoutes,
): number {
  let pairs = 0;
  for (let index = every - 1; index < events.length; index += every) {
    const made = events[index]!;
    const wanted = rules.filter(
      (rule) => applies(rule.logsource, made.logsource) && rule.matches(eventOf(made)),
    );
    const found = matching(routes, eventOf(made));
    if (wanted.length !== found.length || wanted.some((rule, place) => rule !== found[place])) {
      const [missing] = wanted.filter((rule) => !found.includes(rule));
      const [extra] = found.filter((rule) => !wanted.includes(rule));
      throw new Error(
        `Event ${index} differs from the reference: missing ${missing?.title}, extra ${extra?.title}: ${made.line}`,
      );
    }
    pairs += wanted.length;
  }
  return pairs;
}

/** What a stream is like for its rules. */
export interface StreamFacts {
  readonly meanBytes: number;
  readonly candidates: number;
  readonly matches: number;
  /** Events that match any rule but the one that matches most. */
  readonly seldom: number;
  readonly busiest: string;
  readonly rulesMatched: number;
}

/** Looks at a stream without a clock. */
export function factsOf(events: readonly MadeEvent[], routes: RuleRoutes): StreamFacts {
  const counts = new Map<DetectionRule, number>();
  const found = events.map((made) => {
    const rules = matching(routes, eventOf(made));
    for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
    return rules;
  });
  const candidates = events.reduce((sum, made) => sum + routes.candidates(eventOf(made)).length, 0);
  const bytes = events.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
  const [busiest] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return {
    meanBytes: bytes / events.length,
    candidates: candidates / events.length,
    matches: found.reduce((sum, rules) => sum + rules.length, 0),
    seldom: found.filter((rules) => rules.some((rule) => rule !== busiest)).length,
    busiest: busiest?.title ?? "none",
    rulesMatched: counts.size,
  };
}
