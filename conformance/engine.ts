import {
  applies,
  createEvent,
  type DetectionRule,
  type Logsource,
  routeRules,
  type SigmaEvent,
  type SigmaRule,
} from "@auditflow/sigma";
import type { Fault } from "./outcome.ts";

/** A record and where it comes from. */
export interface Observation {
  readonly record: Readonly<Record<string, unknown>>;
  /** A record can belong to several: the taxonomy names one source from different sides. */
  readonly logsources: readonly Logsource[];
  readonly raw?: string;
}

/** Tells the ids of the rules that match an observation. */
export type Engine = (observation: Observation) => ReadonlySet<string>;

/** The rules as a user of the package asks them: by way of the index, which is made once. */
export function engineOf(rules: readonly SigmaRule[]): Engine {
  const routes = routeRules(rules);
  return matchesAmong((event) => routes.candidates(event));
}

/** The same without an index: each rule that applies is asked. */
export function plainEngineOf(rules: readonly SigmaRule[]): Engine {
  const detections = rules.filter((rule) => rule.kind === "detection");
  return matchesAmong((event) => detections.filter((rule) => applies(rule.logsource, event.logsource)));
}

function matchesAmong(candidates: (event: SigmaEvent) => readonly DetectionRule[]): Engine {
  return ({ record, logsources, raw }) => {
    const matched = logsources.flatMap((logsource) => {
      const event = createEvent({ scopes: [record], logsource, ...(raw === undefined ? {} : { raw }) });
      return candidates(event).filter((rule) => rule.matches(event));
    });
    return new Set(matched.map((rule) => rule.id));
  };
}

/** What is wrong when both ways to ask do not find the same. */
export function missedByIndex(found: ReadonlySet<string>, plain: ReadonlySet<string>): Fault[] {
  const differing = [...found.symmetricDifference(plain)];
  if (differing.length === 0) return [];
  const expected = "the index finds what asking each rule finds";
  return [{ expected, got: `they differ about ${differing.join(", ")}` }];
}
