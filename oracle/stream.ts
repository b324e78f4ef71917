import { type Choice, choiceFrom } from "./random-choice.ts";
import type { RuleSpec } from "./rule-spec.ts";
import { leastLateness } from "./rules-from.ts";
import { type Arrival, type StreamEvent, timeline } from "./timeline.ts";

/** Batches that may be taken at the same time, in any order: no verdict depends on it. */
export interface Round {
  /** The stretch it is in: before another one begins, everything is decided. */
  readonly stretch: number;
  /** Some events are in several, the second time as duplicates. */
  readonly batches: readonly (readonly StreamEvent[])[];
}

/** Random events, and the order in which they come. */
export interface Stream {
  /** Different ones, each with the number of the round in which it comes first. */
  readonly events: readonly (StreamEvent & { readonly round: number })[];
  readonly rounds: readonly Round[];
}

const start = Date.UTC(2026, 0, 15, 12);
const longestStretch = 10 * 60_000;
/** As many as there may be replicas. */
const batchesPerRound = 5;

/** A stream of about so many events, the same for the same seed and rules. */
export function streamFrom(seed: string, events: number, specs: readonly RuleSpec[]): Stream {
  const choice = choiceFrom(`stream ${seed}`);
  const latenesses = [...new Set(specs.map(({ lateness }) => lateness.ms))].filter((ms) => ms <= 300_000);
  const spans = [...new Set(specs.map(({ timespan }) => timespan.ms))].filter((ms) => ms <= 120_000);
  // What is long is long for its times: what rules count in it would only make it slow.
  const perKinds = events > 5000 ? 180 : 100;
  const rounds: Round[] = [];
  let begin = start;
  for (let left = events, stretch = 0; left > 0; stretch += 1) {
    const plan = { start: begin, spans, latenesses, longest: longestStretch, perKinds };
    const most = Math.ceil(Math.min(left, events / 2) / 1.1);
    const arrivals = timeline(choice, { ...plan, events: most });
    left -= arrivals.length;
    rounds.push(...roundsOf(choice, arrivals).map((batches) => ({ stretch, batches })));
    const end = arrivals.reduce((greatest, { event }) => Math.max(greatest, event.at), begin);
    begin = end + choice.pick([1, choice.int(1, 5000), choice.int(5000, 900_000)]);
  }
  return streamOf(withDuplicates(choice, rounds));
}

function streamOf(rounds: readonly Round[]): Stream {
  const first = new Map<string, StreamEvent & { readonly round: number }>();
  for (const [round, { batches }] of rounds.entries()) {
    for (const event of batches.flat()) {
      if (!first.has(event.id)) first.set(event.id, { ...event, round });
    }
  }
  return { events: [...first.values()], rounds };
}

/**
 * Cuts arrivals into rounds. Events of one round are never late for each other, whichever comes first: what is, or may be,
 * late for one before it comes after that round or some more, in a batch of its own.
 */
function roundsOf(choice: Choice, arrivals: readonly Arrival[]): StreamEvent[][][] {
  const rounds: StreamEvent[][][] = [];
  let round: StreamEvent[] = [];
  let late: StreamEvent[] = [];
  let least = Infinity;
  let greatest = -Infinity;
  const finish = (): void => {
    if (round.length > 0) rounds.push(batchesOf(choice, round));
    [round, least] = [[], Infinity];
    if (late.length === 0 || !choice.chance(late.length / 20)) return;
    rounds.push([late]);
    late = [];
  };
  const size = (): number => choice.int(1, 500);
  let most = size();
  for (const { event } of arrivals) {
    const advances = event.receivedAt === undefined;
    if (event.at < greatest - leastLateness) {
      late.push(event);
      continue;
    }
    const isFar =
      Math.max(greatest, advances ? event.at : -Infinity) - Math.min(least, event.at) > leastLateness;
    if (isFar || round.length >= most) {
      finish();
      most = size();
    }
    round.push(event);
    least = Math.min(least, event.at);
    if (advances) greatest = Math.max(greatest, event.at);
  }
  finish();
  return late.length === 0 ? rounds : [...rounds, [late]];
}

function batchesOf(choice: Choice, round: readonly StreamEvent[]): StreamEvent[][] {
  const batches: StreamEvent[][] = Array.from({ length: choice.int(1, batchesPerRound) }, () => []);
  for (const event of round) choice.pick(batches).push(event);
  return batches.filter((batch) => batch.length > 0);
}

/** Some events come a second time, soon or much later. */
function withDuplicates(choice: Choice, rounds: readonly Round[]): Round[] {
  const again = new Map<number, StreamEvent[]>();
  for (const [number, { batches }] of rounds.entries()) {
    for (const event of batches.flat()) {
      if (!choice.chance(0.05)) continue;
      const later = choice.chance(0.7) ? number + choice.int(1, 5) : choice.int(number, rounds.length);
      again.set(later, [...(again.get(later) ?? []), event]);
    }
  }
  return rounds.map(({ stretch, batches }, number) => ({
    stretch,
    batches: batches.map((batch, n) => (n === 0 ? [...batch, ...(again.get(number) ?? [])] : batch)),
  }));
}
