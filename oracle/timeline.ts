import { kinds } from "./kinds.ts";
import type { Choice } from "./random-choice.ts";

/** An event of the stream; what it is about stands in `kinds` and `fields`. */
export interface StreamEvent {
  readonly id: string;
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** When intake took it, as the event says; undefined: it does not say. */
  readonly receivedAt: number | undefined;
  readonly kinds: readonly string[];
  readonly fields: Readonly<Record<string, string | number>>;
}

/** An event and when it comes, in milliseconds on the scale of event time. */
export interface Arrival {
  readonly event: StreamEvent;
  readonly arrives: number;
}

/** What a stretch of the stream is made by; times in milliseconds. */
export interface TimelinePlan {
  /** Event time of the first event. */
  readonly start: number;
  readonly events: number;
  /** It ends early when it has come to last so long. */
  readonly longest: number;
  /** Lengths of windows: some events come exactly that much after another one like it. */
  readonly spans: readonly number[];
  /** Of so many events of a burst as many are of each kind as `kinds` says, of others a third. */
  readonly perKinds: number;
  /** Some events come so late, to the millisecond, or a little more or less. */
  readonly latenesses: readonly number[];
}

/** Ordinary events come out of order by no more than this. */
const disorder = 10_000;

/**
 * Some stretch of events in order of arrival: bursts of one actor with many equal times, steady traffic of all, quiet;
 * out of order, too late by a little or by far, dated long after their arrival.
 */
export function timeline(choice: Choice, plan: TimelinePlan): Arrival[] {
  const regular = regularEvents(choice, plan);
  const end = regular.at(-1)?.at ?? plan.start;
  const arrivals = regular.flatMap((event) =>
    choice.chance(0.01) ? aheadOfTime(choice, event, plan) : [ordinary(choice, event, plan)],
  );
  const prompt = arrivals.filter(
    ({ event, arrives }) => event.kinds.length > 0 && arrives >= event.at && arrives <= event.at + disorder,
  );
  const copies = prompt.flatMap(({ event }) => (choice.chance(0.12) ? echoes(choice, event, plan) : []));
  const late = prompt.flatMap((source) => (choice.chance(0.06) ? lateCopies(choice, source, plan) : []));
  return [...arrivals, ...copies.filter(({ event }) => event.at <= end), ...late].sort(
    (a, b) => a.arrives - b.arrives,
  );
}

function regularEvents(choice: Choice, plan: TimelinePlan): StreamEvent[] {
  const { start, events, longest, perKinds } = plan;
  const found: StreamEvent[] = [];
  for (let at = start; found.length < events && at - start < longest; ) {
    const phase = choice.pick(["burst", "burst", "steady", "steady", "quiet"]);
    const actor = choice.uneven(users);
    const length = phase === "quiet" ? 1 : choice.int(10, 90);
    if (phase === "quiet") at += choice.int(2000, 20_000);
    for (let n = 0; n < length && found.length < events; n += 1) {
      if (phase === "burst") at += choice.chance(0.4) ? 0 : choice.int(1, 60);
      else at += choice.int(1, 120);
      found.push(
        phase === "burst"
          ? regularEvent(choice, at, { of: perKinds, actor: choice.chance(0.7) ? actor : undefined })
          : regularEvent(choice, at, { of: 3 * perKinds, actor: undefined }),
      );
    }
  }
  return found;
}

const users = Array.from({ length: 12 }, (_, n) => `user${n}`);
const addresses = Array.from({ length: 8 }, (_, n) => `192.0.2.${n}`);
const hosts = ["db1", "db2", "web1", "web2", "mail"];

interface Liking {
  /** Of how many events the kinds are. */
  readonly of: number;
  readonly actor: string | undefined;
}

function regularEvent(choice: Choice, at: number, { of, actor }: Liking): StreamEvent {
  const user = actor ?? choice.uneven(users);
  return {
    ...{ id: choice.uuid(), at, receivedAt: undefined, kinds: someKinds(choice, of) },
    fields: {
      ...(choice.chance(0.04) ? { user_id: "" } : { user_id: user }),
      ...(choice.chance(0.05) ? {} : { client_ip: choice.uneven(addresses) }),
      server_hostname: choice.uneven(hosts),
      principal: choice.chance(0.5) ? user : choice.uneven(users),
      ...(choice.chance(0.05) ? {} : { amount: someAmount(choice) }),
    },
  };
}

/** The kinds, each as often as it comes. */
const allKinds = Object.entries(kinds).flatMap(([kind, share]) => Array.from({ length: share }, () => kind));

function someKinds(choice: Choice, of: number): string[] {
  const drawn = Array.from({ length: choice.chance(0.1) ? 2 : 1 }, () => allKinds[choice.int(0, of - 1)]);
  return [...new Set(drawn)].filter((kind) => kind !== undefined);
}

/** Mostly a number, sometimes a number as text, now and then none. */
function someAmount(choice: Choice): number | string {
  const amount = choice.pick([choice.int(-10, 40), choice.int(-100, 400) / 10, choice.int(0, 4000) / 100]);
  if (choice.chance(0.1)) return amount.toFixed(2);
  return choice.chance(0.05) ? choice.pick(["none", "12 apples", "1e1", "0.5e2"]) : amount;
}

/**
 * Dated so long after its arrival that it does not move the time of its groups. Another one like it does so later: what is
 * ahead of a group's time is not decided about before.
 */
function aheadOfTime(choice: Choice, event: StreamEvent, { start }: TimelinePlan): Arrival[] {
  const receivedAt = event.at - choice.int(601_000, 1_200_000);
  const after = { ...event, id: choice.uuid(), at: event.at + choice.int(0, 2000) };
  return [
    { event: { ...event, receivedAt }, arrives: Math.max(start, event.at - choice.int(0, 60_000)) },
    { event: after, arrives: after.at },
  ];
}

function ordinary(choice: Choice, event: StreamEvent, { latenesses }: TimelinePlan): Arrival {
  if (choice.chance(0.02)) {
    return { event, arrives: event.at + choice.int(disorder, 3 * choice.pick(latenesses)) };
  }
  return { event, arrives: event.at + (choice.chance(0.6) ? 0 : choice.int(0, disorder)) };
}

/** One or some like another, at one time, exactly the length of a window later or a millisecond more. */
function echoes(choice: Choice, event: StreamEvent, plan: TimelinePlan): Arrival[] {
  const at = event.at + choice.pick(plan.spans) + choice.pick([0, 0, 0, 1]);
  return Array.from({ length: choice.pick([1, 1, 2, 4, 7]) }, () =>
    ordinary(choice, { ...event, at, id: choice.uuid() }, plan),
  );
}

/** One or some of the same groups as another that has come: late by the lateness of a rule, give or take, or by far. */
function lateCopies(
  choice: Choice,
  { event, arrives }: Arrival,
  { start, latenesses }: TimelinePlan,
): Arrival[] {
  const by = choice.pick(latenesses) + choice.pick([0, 0, choice.int(0, 60_000)]);
  return Array.from({ length: choice.pick([1, 1, 3, 8]) }, () => {
    const at = event.at - by + choice.int(-3, 2);
    // What would be of an earlier stretch is so late that it is for every rule.
    const late = at < start ? event.at - 12 * 3_600_000 - choice.int(0, 500) : at;
    return { event: { ...event, at: late, id: choice.uuid() }, arrives: arrives + choice.int(1, 2000) };
  });
}
