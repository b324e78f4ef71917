import type { DependencyHealth } from "@auditflow/contracts";

/** One event in the window state of a group, or what one of several marks says of it. */
export interface Member {
  /**
   * The event id, or, where events are told apart by a mark, the event id, a space and the mark: re-adding a known one
   * changes nothing. Members of one time are in order of their ids, so that those of one event stand together.
   */
  readonly id: string;
  /** Event time, whole epoch milliseconds. */
  readonly at: number;
  /** False for an event too far in the future: it is kept and evaluated but does not move the group's time. */
  readonly advances: boolean;
}

/** A member as it stands in the store; the order of members is (at, id). */
export type StoredMember = Pick<Member, "id" | "at">;

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
  readonly first: readonly StoredMember[];
}

/** One atomic step on one group: add members, then look. */
export interface GroupStep {
  /** Rule id, rule version and group values; at most 1 KiB. */
  readonly key: string;
  /** At most 100. With none the step changes nothing: it is a look. */
  readonly members: readonly Member[];
  /** k of "count at least k" (1 to 1,000); the same in every step of a group. */
  readonly reach: number;
  /**
   * False: runs hold what decides "count at least reach", and crowded stretches are thinned. True: every member has a
   * mark, runs hold all members within one span of the step's, though only where `reach` different marks have been seen
   * since one span before it, and nothing is thinned; such a group holds at most 10,000 members. The same in every step
   * of a group.
   */
  readonly whole: boolean;
  /** Length of the window in milliseconds, at least 1; the same in every step of a group. */
  readonly span: number;
  /** Members older than the group's greatest time before the step less this are late: told, not added. */
  readonly lateness: number;
  /** While a group has no state, its members older than its greatest time less this are dropped. */
  readonly keep: number;
  /** Wall clock, epoch milliseconds: when the group counts as abandoned unless something arrives before. */
  readonly expiresAt: number;
  /** Counted in the same step, after the members were added. */
  readonly ranges: readonly Range[];
}

/**
 * A stretch of stored members without a gap, long enough to decide about every one of them from `from` on, whether it be
 * "count at least reach" or, where the step is whole, anything that needs `reach` different marks: their windows are changed by
 * the members of the step, or at most next to those that are.
 */
export interface Run {
  /** Time of the earliest member of the step in this run; what is older is there only to be counted. */
  readonly from: number;
  readonly members: readonly StoredMember[];
}

/** A group as it was right after a step. */
export interface GroupView {
  /** Changes with every step and commit that changes the group; 0 for a group that does not exist. */
  readonly version: number;
  /** Greatest event time that advanced the group; undefined before the first. */
  readonly latest: number | undefined;
  /** When the group counts as abandoned; undefined for a group that does not exist. */
  readonly expiresAt: number | undefined;
  /** Positions in `members` of those that came too late and are not stored. */
  readonly late: readonly number[];
  /** Positions in `members` of those that were stored before; of two with one id the second is. */
  readonly known: readonly number[];
  /**
   * Every member whose window the step's members can have changed, known ones included, is in one of these. Empty
   * where no window can hold `reach` members, or marks.
   */
  readonly runs: readonly Run[];
  readonly ranges: readonly RangeView[];
  /** What was last committed, perhaps the very same value; undefined when nothing is. Read it once: it may be parsed then. */
  readonly state: unknown;
}

/** Replaces a group's state if nobody changed the group since `version`. */
export interface GroupCommit {
  readonly key: string;
  readonly version: number;
  /** A JSON value, which nobody may change afterwards; properties that are undefined may be left out of it. */
  readonly state: unknown;
  /**
   * Members older than this are removed for good: the caller has counted them. At a multiple of the span, so that
   * it never cuts what thinning dropped in two. A group left without state and members is gone.
   */
  readonly keepFrom: number;
  /** Wall clock: when there is something to do for the group; undefined: nothing before it expires. */
  readonly dueAt: number | undefined;
}

/**
 * Exact sliding windows in event time, one group at a time. Every call has a deadline and rejects with
 * `windows_unavailable` when the store does not answer. Calls about different groups are independent; calls about
 * one group are serialized by the store, whichever replica makes them.
 *
 * Bounded: a stretch of one span that holds many more than reach members is thinned to its first max(reach, 100)
 * and last max(reach, 1000), which leaves every "count at least reach" verdict unchanged. Dropped members stay
 * counted; one that is added again is no longer known. Groups whose steps are whole are not thinned. Beyond a cap on
 * the members of a group its oldest are dropped in the same way, and beyond a cap on groups the one that was touched
 * longest ago: both are told to `onEvict`.
 */
export interface Windows {
  /** Takes the steps, one atomic step per group (a key stands at most once in a call); views in the same order. */
  step(steps: readonly GroupStep[]): Promise<readonly GroupView[]>;
  /** Tells per commit whether it was taken; false: the group has changed, step again and decide anew. */
  commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]>;
  /**
   * Leases up to `limit` groups that are due or abandoned at `now` to this caller for `lease` ms; after that they
   * are due again. A commit sets anew when the group is due, a step with members when it is abandoned.
   */
  due(now: number, lease: number, limit: number): Promise<readonly string[]>;
  health(): DependencyHealth;
  /** Closes within 2 s, also when the store hangs; calls made later reject. */
  stop(): Promise<void>;
}

/** Told how many groups or members were dropped because a cap was reached. */
export type OnEvict = (n: number) => void;
