import type { StoredMember } from "../windows/windows.ts";
import type { AlertSample } from "./episode-alert.ts";

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
  /** Count and last firing that `revision` told. */
  readonly told: { readonly count: number; readonly last: number } | undefined;
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
export type Begin = (first: StoredMember) => Pick<Episode, "alertId" | "sample">;

type Part = { readonly episode: Episode } | { readonly firing: StoredMember };

/**
 * Joins firings, known ones too, to the episodes of their group: those that follow within `gap` of each other
 * become one, under the earliest firing's id. Whatever the order in which firings come, the outcome is the same.
 */
export function join(
  episodes: readonly Episode[],
  firings: readonly StoredMember[],
  options: { readonly gap: number; readonly begin: Begin },
): Joined {
  const parts: Part[] = [
    ...episodes.map((episode) => ({ episode })),
    ...firings.map((firing) => ({ firing })),
  ];
  // Sorting is stable: an episode stays before the firing that began it.
  parts.sort((a, b) => compare(firstOf(a), firstOf(b)));
  const replaced: Replaced[] = [];
  const joined = chains(parts, options.gap).map((chain) => {
    const whole = unite(chain, options.begin);
    for (const part of chain) {
      if (!("episode" in part) || part.episode.alertId === whole.alertId || part.episode.revision === 0)
        continue;
      replaced.push({ episode: part.episode, into: whole.alertId });
    }
    return whole;
  });
  return { episodes: joined, replaced };
}

function chains(parts: readonly Part[], gap: number): Part[][] {
  const found: Part[][] = [];
  let last = -Infinity;
  for (const part of parts) {
    const chain = found.at(-1);
    if (chain !== undefined && firstOf(part).at <= last + gap) chain.push(part);
    else found.push([part]);
    last = Math.max(last, lastOf(part));
  }
  return found;
}

function unite(chain: readonly Part[], begin: Begin): Episode {
  const [head] = chain as [Part];
  const last = Math.max(...chain.map(lastOf));
  if ("episode" in head) return { ...head.episode, last };
  return {
    ...begin(head.firing),
    first: head.firing,
    last,
    revision: 0,
    confirmed: 0,
    claimedAt: 0,
    told: undefined,
    dirty: true,
    settled: undefined,
  };
}

function firstOf(part: Part): StoredMember {
  return "episode" in part ? part.episode.first : part.firing;
}

function lastOf(part: Part): number {
  return "episode" in part ? part.episode.last : part.firing.at;
}

function compare(a: StoredMember, b: StoredMember): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Whether any of these times lies in the windows that the episode covers: from its first firing less the span. */
export function covers(episode: Episode, times: readonly number[], span: number): boolean {
  return times.some((at) => at >= episode.first.at - span && at <= episode.last);
}
