import type { DependencyHealth } from "@auditflow/contracts";

/** One event in the window state of a group. */
export interface Member {
  /** Event id: re-adding a known one changes nothing. */
  readonly id: string;
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** False for an event too far in the future: it is kept and evaluated but does not move the group's time. */
  readonly advances: boolean;
}

/** A closed interval of event time, in epoch milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** How many of its first members to return. */
  readonly limit: number;
}

/** Members of a range: `count` also counts members that thinning dropped; `first` are in order of (at, id). */
export interface RangeView {
  readonly count: number;
  readonly first: readonly Pick<Member, "id" | "at">[];
}

/** One atomic step on one group: add members, then look. */
export interface GroupStep {
  /** Rule id, rule version and group values; at most 1 KiB. */
  readonly key: string;
  /** At most 100. */
  readonly members: readonly Member[];
  /** k of "count at least k" (1 to 1,000): how many neighbours by rank decide about a member. */
  readonly reach: number;
  /** Length of the window in milliseconds. */
  readonly span: number;
  /** Members older than the group's greatest time less this are late: returned, not added (unless known). */
  readonly lateness: number;
  /** When the group is due for a sweep if nothing else asks for it earlier, epoch milliseconds by the wall clock. */
  readonly dueAt: number;
  /** Counted in the same step, after the members were added. */
  readonly ranges: readonly Range[];
}

export interface GroupView {
  /** Changes with every step that changes the group. */
  readonly version: number;
  /** Greatest event time that advanced the group; undefined before the first. */
  readonly latest: number | undefined;
  /** Positions in `members` of those that came too late. */
  readonly late: readonly number[];
  /** Positions in `members` of those that were there before. */
  readonly known: readonly number[];
  /**
   * For each member in the call (an empty list for a late one): the stored members, in order of (at, id), from
   * rank p+1-reach to the last tie of rank q+reach-1, within [at - span, at + span], where p is the rank of the
   * first and q of the last member tied with it. Enough to decide every window that the member can have changed.
   */
  readonly neighbours: readonly (readonly Pick<Member, "id" | "at">[])[];
  readonly ranges: readonly RangeView[];
  /** What was last committed; undefined when nothing is. */
  readonly state: string | undefined;
}

/** Replaces a group's state if nobody changed the group since `version`. */
export interface GroupCommit {
  readonly key: string;
  readonly version: number;
  /** undefined removes the state; without state a group drops members that no window can need any more. */
  readonly state: string | undefined;
  /** Members older than this are removed for good: the caller has counted them. */
  readonly keepFrom: number;
  /** When the group is due for a sweep; undefined removes the group with all its members. */
  readonly dueAt: number | undefined;
}

/**
 * Exact sliding windows in event time, one group at a time. Every call has a deadline and rejects with
 * `windows_unavailable` when the store does not answer. Calls about different groups are independent; calls about
 * one group are serialized by the store, whichever replica makes them.
 *
 * Bounded: a stretch of one span that holds many more than reach members is thinned to its first and last ones,
 * which leaves every "count at least reach" verdict unchanged (dropped members stay counted); the number of groups
 * has a cap, and evictions are counted.
 */
export interface Windows {
  /** Takes the steps, one atomic step per group (a key stands at most once in a call); views in the same order. */
  step(steps: readonly GroupStep[]): Promise<readonly GroupView[]>;
  /** Tells per commit whether it was taken; false: the group has changed, step again and decide anew. */
  commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]>;
  /** Leases up to `limit` groups that are due at `now` to this caller for `lease` ms; after that they are due again. */
  due(now: number, lease: number, limit: number): Promise<readonly string[]>;
  health(): DependencyHealth;
  stop(): Promise<void>;
}
