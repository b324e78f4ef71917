import { createEvent, type DetectionRule, type RuleRoutes, type SigmaEvent } from "@auditflow/sigma";
import type { MadeEvent } from "./made-stream.ts";

/** How fast a stream went, in events for each second of processor time, all threads of the process counted. */
export interface Rates {
  readonly withRules: number;
  /** JSON.parse of the same lines and nothing else. */
  readonly parsingAlone: number;
  readonly rounds: number;
}

/** The record of a line as detection sees it. */
export function eventOf({ line, logsource }: MadeEvent): SigmaEvent {
  // The line of a log that was text is one of the record's values, so that keywords search it as they do in the product.
  const record = JSON.parse(line) as object;
  // A live event brings a logsource of its own.
  return createEvent({ scopes: [record], logsource: { ...logsource } });
}

/** The rules that match, found the way the product finds them. */
export function matching(routes: RuleRoutes, event: SigmaEvent): DetectionRule[] {
  return routes.candidates(event).filter((rule) => rule.matches(event));
}

/**
 * Evaluates the stream again and again for about so many seconds, each time beside a JSON.parse of the same lines, in
 * turns; what comes back are medians.
 */
export function measureRates(
  events: readonly MadeEvent[],
  routes: RuleRoutes,
  { seconds }: { readonly seconds: number },
): Rates {
  let sink = 0;
  const evaluate = (part: readonly MadeEvent[]): void => {
    for (const made of part) sink += matching(routes, eventOf(made)).length;
  };
  const parse = (part: readonly MadeEvent[]): void => {
    for (const { line } of part) sink += (JSON.parse(line) as object) === null ? 1 : 0;
  };
  const part = events.slice(0, warmUp(events, evaluate));
  parse(part);
  const found: { evaluated: number[]; parsed: number[] } = { evaluated: [], parsed: [] };
  for (const started = performance.now(); performance.now() - started < seconds * 1000 || lacks(found); ) {
    found.evaluated.push(rate(part, evaluate));
    found.parsed.push(rate(part, parse));
  }
  if (sink < 0) throw new Error("nothing was evaluated");
  const rounds = found.parsed.length;
  return { withRules: median(found.evaluated), parsingAlone: median(found.parsed), rounds };
}

const leastRounds = 3;
const lacks = ({ parsed }: { readonly parsed: readonly number[] }): boolean => parsed.length < leastRounds;

const warmUpSeconds = 2;
const step = 500;

/** Lets the compiler see the code, and tells how many of the events take about a second. */
function warmUp(events: readonly MadeEvent[], evaluate: (part: readonly MadeEvent[]) => void): number {
  const started = performance.now();
  let done = 0;
  for (let at = 0; performance.now() - started < warmUpSeconds * 1000; at = (at + step) % events.length) {
    evaluate(events.slice(at, at + step));
    done += step;
  }
  return Math.max(step, Math.min(events.length, Math.round(done / warmUpSeconds)));
}

function rate(part: readonly MadeEvent[], work: (part: readonly MadeEvent[]) => void): number {
  const before = process.cpuUsage();
  work(part);
  const { user, system } = process.cpuUsage(before);
  return (part.length * 1e6) / (user + system);
}

/** The middle one when sorted; of an even number the higher of the two in the middle. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
