import { type DetectionRule, type RuleRoutes, routeRules } from "@auditflow/sigma";
import { auditStream } from "./detect/audit-stream.ts";
import type { MadeEvent } from "./detect/made-stream.ts";
import { expectSamePairs, factsOf } from "./detect/one-by-one.ts";
import { eventOf, matching, measureRates } from "./detect/rates.ts";
import { recordedStarts } from "./detect/regression.ts";
import { auditRules, type Corpus, loadCorpus } from "./detect/rules.ts";
import { scanBesideOthers } from "./detect/scan.ts";
import { windowsStream } from "./detect/windows-stream.ts";
import { atLeast, type Goal } from "./report.ts";
import type { Length } from "./run.ts";

/** For how many seconds each stream is measured. */
const seconds: Readonly<Record<Length, number>> = { quick: 8, full: 40 };

const auditEvents = 40_000;
const windowsEvents = 10_000;

/**
 * Sigma rules on one thread: all of SigmaHQ's audit rules on mixed audit events, all of its rules on starts of Windows
 * processes, each beside JSON.parse of the same lines; and `auditflow scan` beside the programs that people use today.
 */
export async function detect(length: Length): Promise<readonly Goal[]> {
  const corpus = loadCorpus();
  const audit = measureAudit(corpus, length);
  const windows = measureWindows(corpus, length);
  return [...audit, ...windows, ...(await scanBesideOthers(length))];
}

function measureAudit(corpus: Corpus, length: Length): Goal[] {
  const core = auditRules(corpus);
  const events = [...auditStream(auditEvents, core)];
  const rules = core.map(({ rule }) => rule);
  const routes = routeRules(rules);
  const pairs = expectSamePairs({ events, every: 20 }, rules, routes);
  tell(`audit: ${pairs} pairs of event and rule in ${events.length / 20} events are those of the reference`);
  const { withRules, ratio } = measured("audit", { events, routes, length });
  return [
    atLeast({
      name: "detect: 402 audit rules on audit events",
      value: withRules,
      unit: "events/s",
      goal: 200_000,
    }),
    atLeast({
      name: "detect: 402 audit rules, of JSON.parse alone",
      value: ratio,
      unit: "ratio",
      goal: 0.55,
    }),
  ];
}

function measureWindows(corpus: Corpus, length: Length): Goal[] {
  const events = [...windowsStream(windowsEvents, corpus.rules)];
  const rules = corpus.rules.map(({ rule }) => rule);
  const routes = routeRules(rules);
  expectRecorded(corpus, rules, routes);
  const pairs = expectSamePairs({ events, every: 25 }, rules, routes);
  tell(
    `windows: ${pairs} pairs of event and rule in ${events.length / 25} events are those of the reference`,
  );
  const { withRules } = measured("windows", { events, routes, length });
  const name = "detect: all 3,780 rules on Windows process creations";
  return [atLeast({ name, value: withRules, unit: "events/s", goal: 30_000 })];
}

/** Recorded attacks are found by the rules they were recorded for, and by no others than the reference says. */
function expectRecorded({ folder }: Corpus, rules: readonly DetectionRule[], routes: RuleRoutes): void {
  const recordings = recordedStarts(folder);
  const missed = recordings.filter(({ events, ruleId, least }) => {
    const found = events.filter((event) => matching(routes, eventOf(event)).some(({ id }) => id === ruleId));
    return found.length < least;
  });
  if (recordings.length === 0 || missed.length > 0) {
    throw new Error(
      `${missed.length} of ${recordings.length} recordings are missed, such as by ${missed[0]?.ruleId}`,
    );
  }
  const events = recordings.flatMap((recording) => recording.events);
  const pairs = expectSamePairs({ events, every: 1 }, rules, routes);
  tell(`windows: ${recordings.length} recorded attacks are found, ${pairs} pairs as the reference says`);
}

interface Stream {
  readonly events: readonly MadeEvent[];
  readonly routes: RuleRoutes;
  readonly length: Length;
}

function measured(name: string, { events, routes, length }: Stream): { withRules: number; ratio: number } {
  const facts = factsOf(events, routes);
  tell(
    `${name}: ${events.length} events of ${Math.round(facts.meanBytes)} bytes on average, ` +
      `${facts.candidates.toFixed(2)} candidates an event, ${facts.matches} matches of ${facts.rulesMatched} rules; ` +
      `${facts.seldom} events match a rule besides "${facts.busiest}"`,
  );
  const { withRules, parsingAlone, rounds } = measureRates(events, routes, { seconds: seconds[length] });
  const ratio = withRules / parsingAlone;
  tell(
    `${name}: ${Math.round(withRules)} events/s with rules, ${Math.round(parsingAlone)} by JSON.parse alone, ` +
      `ratio ${ratio.toFixed(3)}, medians of ${rounds} rounds`,
  );
  return { withRules, ratio };
}

function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
