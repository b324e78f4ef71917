import type { StoredMember } from "../windows/windows.ts";
import type { AlertSample } from "./episode-alert.ts";
import type { Firing } from "./firing.ts";

/** What an episode covered of members that the window store has let go. */
export interface Settled {
  readonly count: number;
  readonly firstAt: number;
  /** Event ids, the first 100. */
  readonly evidence: readonly string[];
}

/** Firings of one group that follow each other within the gap: one alert. */
export interface Episode {
  readonly alertId: string;
  /** Its earliest firing by (at, id), which gives it its identity. */
  readonly first: StoredMember;
  /** Time of its last firing. */
  readonly last: number;
  /** The highest revision handed out to be published; 0: none yet. */
  readonly revision: number;
  /** The highest revision known to be published. */
  readonly confirmed: number;
  /** Wall clock of when `revision` was handed out. */
  readonly claimedAt: number;
  /** Count, last firing and the alert it is part of that `revision` told. */
  readonly told: { readonly count: number; readonly last: number; readonly into?: string } | undefined;
  /** Members came since that may change what the alert says. */
  readonly dirty: boolean;
  readonly settled: Settled | undefined;
  readonly sample: AlertSample;
}

/** An episode whose alert was handed out and turned out to be part of another. */
export interface Replaced {
  readonly episode: Episode;
  readonly into: string;
}

/** What came of joining firings to episodes. */
export interface Joined {
  /** In order of their first firing, more than the gap apart. */
  readonly episodes: readonly Episode[];
  readonly replaced: readonly Replaced[];
}

/** Makes the identity and the unchanging part of an episode from its earliest firing. */
export type Begin = (first: Firing) => Pick<Episode, "alertId" | "sample">;

/**
 * Joins firings, known ones too, to the episodes of their group: those that follow within `gap` of each other
 * become one, under the earliest firing's id. Whatever the order in which firings come, the outcome is the same.
 */
export function join(
  episodes: readonly Episode[],
  firings: readonly Firing[],
  { gap, begin }: { readonly gap: number; readonly begin: Begin },
): Joined {
  const told = inOrder(episodes, (a, b) => compare(a.first, b.first));
  const fired = inOrder(firings, compare);
  const chains: Chain[] = [];
  let chain: Chain | undefined;
  for (let e = 0, f = 0; e < told.length || f < fired.length; ) {
    // An episode comes before the firing that began it.
    const isEpisode = f === fired.length || (e < told.length && compare(told[e]!.first, fired[f]!) <= 0);
    const episode = isEpisode ? told[e++] : undefined;
    const first = episode?.first ?? fired[f++]!;
    if (chain === undefined || first.at > chain.last + gap) {
      chain = { first, head: episode, last: first.at, others: [] };
      chains.push(chain);
    } else if (episode !== undefined) chain.others.push(episode);
    chain.last = Math.max(chain.last, episode?.last ?? first.at);
  }
  const joined = chains.map((found) => unite(found, begin));
  return { episodes: joined, replaced: chains.flatMap((found, n) => replacedIn(found, joined[n]!.alertId)) };
}

/** What follows each other within the gap. */
interface Chain {
  readonly first: Firing;
  /** The episode that it begins with; undefined: a firing is earlier than all. */
  readonly head: Episode | undefined;
  readonly others: Episode[];
  last: number;
}

function unite({ first, head, last }: Chain, begin: Begin): Episode {
  if (head !== undefined) return { ...head, last };
  return {
    ...begin(first),
    first: { id: first.id, at: first.at },
    last,
    revision: 0,
    confirmed: 0,
    claimedAt: 0,
    told: undefined,
    dirty: true,
    settled: undefined,
  };
}

function replacedIn({ others }: Chain, into: string): Replaced[] {
  return others
    .filter(({ alertId, revision }) => alertId !== into && revision > 0)
    .map((episode) => ({ episode, into }));
}

/** They mostly are. */
function inOrder<T>(items: readonly T[], by: (a: T, b: T) => number): readonly T[] {
  const isOrdered = items.every((item, n) => n === 0 || by(items[n - 1]!, item) <= 0);
  return isOrdered ? items : items.toSorted(by);
}

function compare(a: StoredMember, b: StoredMember): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Whether a time lies in the windows that the episode covers: from its first firing less the span. */
export function covers(episode: Episode, at: number, span: number): boolean {
  return at >= episode.first.at - span && at <= episode.last;
}

/** An alert that was told, with the time of its first firing: what begins too soon after it is not. */
export interface Anchor {
  readonly alertId: string;
  readonly at: number;
}

/**
 * For each of the episodes, which come in order, the alert that suppresses it: the last one that nothing suppresses, if its
 * first firing is no more than `within` milliseconds earlier. `anchor` is the last of those before them.
 */
export function suppressorsOf(
  episodes: readonly Episode[],
  anchor: Anchor | undefined,
  within: number,
): (string | undefined)[] {
  let last = anchor;
  return episodes.map(({ alertId, first }) => {
    if (within > 0 && last !== undefined && first.at <= last.at + within) return last.alertId;
    last = { alertId, at: first.at };
    return undefined;
  });
}
