import type { CorrelationRule } from "@auditflow/sigma";
import type { GroupStep, Judging, Member, Range } from "../windows/windows.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { type Group, groupOf } from "./group.ts";
import { keepOf } from "./group-state.ts";
import type { Hit } from "./hit.ts";
import { areThere } from "./mark.ts";
import { memberId } from "./member-id.ts";

/**
 * Why a hit was not counted: it came (or was delivered again) later than the rule's lateness, a group-by field is
 * missing, or a field whose values are counted, or its rule cannot be correlated (see `correlationSettings`; such a rule
 * is refused when it is loaded).
 */
export type SkipReason = "late" | "no_group" | "no_value" | "undecidable";

/** The hits of one group as they came. */
export interface HitGroup {
  readonly group: Group;
  readonly hits: Hit[];
  /** What each of them is to the window store. */
  readonly members: Member[];
}

/** Groups by their keys. */
export type HitGroups = Map<string, HitGroup>;

/** What is done about one group in one go: its hits of one step, or a look at it without any. */
export interface Work {
  readonly key: string;
  /** undefined without hits: then the group's state tells its settings. */
  readonly group: Group | undefined;
  /** Its firings are for the rules that count it, and no alerts. */
  readonly silent: boolean;
  /** In order of time. */
  readonly hits: readonly Hit[];
  /** What each hit is to the window store. */
  readonly members: readonly Member[];
  /** `flush`: everything closes and nothing is kept. */
  readonly mode: "take" | "sweep" | "flush";
}

/** A look at a group that may be due. */
export function lookAfter(key: string, mode: "sweep" | "flush"): Work {
  return { key, group: undefined, silent: false, hits: [], members: [], mode };
}

/** An event further ahead of its arrival than this does not move its group's time. */
const futureMs = 10 * 60_000;

/** The most entries that a step may return for its members by rank, so that the store is not held for long. */
const ranksPerStep = 10_000;

/** What `groupsOf` may be told. */
export interface Gathering {
  readonly skip: (reason: SkipReason, hit: Hit) => void;
  /** Groups to add the hits to. */
  readonly into?: HitGroups;
}

/**
 * Sorts hits into their groups; those that cannot be counted are told to `skip`. Where several of the rules that match an
 * event are counted as one, it is one hit of them. An event that was delivered twice is left to the window store, which
 * knows it the second time.
 */
export function groupsOf(hits: readonly Hit[], { skip, into = new Map() }: Gathering): HitGroups {
  for (const hit of hits) {
    const { rule, groupValues: values, mark } = hit;
    const group = areThere(values) ? groupOf(rule, values) : "no_group";
    if (group === "no_group") skip("no_group", hit);
    else if (typeof group === "string") skip("undecidable", hit);
    else if (mark === undefined) skip("no_value", hit);
    else gather(hitGroup(into, group), hit, memberId(hit.eventId, mark));
  }
  return into;
}

function hitGroup(groups: HitGroups, group: Group): HitGroup {
  let found = groups.get(group.key);
  if (found === undefined) {
    found = { group, hits: [], members: [] };
    groups.set(group.key, found);
  }
  return found;
}

function gather({ hits, members }: HitGroup, hit: Hit, id: string): void {
  for (let n = hits.length - 1; n >= 0 && hits[n]!.eventId === hit.eventId; n -= 1) {
    if (members[n]!.id === id) return;
  }
  hits.push(hit);
  members.push({ id, at: hit.at, advances: hit.at <= hit.receivedAt + futureMs });
}

/**
 * Sorts the hits of groups into works, one list per group, in order of time. A work holds at most 100 hits, and never so
 * long a stretch of time that its last hit could push its first out of the group's memory: if this process dies between a
 * step and its commit, the redelivered hits are decided as if for the first time.
 */
export function worksOf(groups: HitGroups, isSilent: (rule: CorrelationRule) => boolean): Work[][] {
  return Array.from(groups.values(), (gathered) => {
    const { group } = gathered;
    const { judging, lateness, gap } = group.settings;
    const reach = judging.kind === "count" ? judging.reach : 1;
    const most = Math.min(100, Math.max(10, Math.floor(ranksPerStep / reach)));
    const silent = isSilent(group.rule);
    const { hits, members } = inOrder(gathered);
    const works: Work[] = [];
    for (let from = 0, to = 0; from < hits.length; from = to) {
      const end = Math.min(hits.length, from + most);
      while (to < end && hits[to]!.at - hits[from]!.at <= lateness + gap) to += 1;
      const part = { hits: hits.slice(from, to), members: members.slice(from, to) };
      works.push({ key: group.key, group, silent, ...part, mode: "take" });
    }
    return works;
  });
}

/** Most logs come in order of time. */
function inOrder(gathered: HitGroup): HitGroup {
  const { group, hits, members } = gathered;
  if (hits.every(({ at }, n) => n === 0 || hits[n - 1]!.at <= at)) return gathered;
  const order = [...hits.keys()].sort((a, b) => hits[a]!.at - hits[b]!.at);
  return { group, hits: order.map((n) => hits[n]!), members: order.map((n) => members[n]!) };
}

/** The step that adds a work's hits; `expiresAt` is when the group is abandoned, by the wall clock. */
export function stepFor(
  { key, group, members }: Work,
  expiresAt: (settings: CorrelationSettings) => number,
): GroupStep {
  if (group === undefined) return lookStep(key, []);
  const { judging, span, lateness } = group.settings;
  return {
    key,
    members,
    judging,
    span,
    lateness,
    keep: keepOf(group.settings),
    expiresAt: expiresAt(group.settings),
    ranges: [],
  };
}

const lookOnly: Judging = { kind: "later", reach: undefined };

/** A step that adds nothing and counts ranges. */
export function lookStep(key: string, ranges: readonly Range[]): GroupStep {
  return { key, members: [], judging: lookOnly, span: 1, lateness: 0, keep: 0, expiresAt: 0, ranges };
}
