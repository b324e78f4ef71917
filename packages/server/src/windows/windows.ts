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

/**
 * What windows are judged by, which says how much around the members of a step has to be seen.
 *
 * - `count`: whether they hold at least `reach` members (1 to 1,000). Crowded stretches are thinned.
 * - `marks`: which different marks they hold, every member having one. Fewer than `least` decide nothing, and `enough`
 *   of them decide all: what else is there changes no verdict any more. Nothing is thinned.
 * - `order`: in which order they hold marks; fewer than `least` different ones decide nothing. Nothing is thinned.
 * - `later`: by whoever asks for ranges, when no more members can come; there are no runs. With a `reach` nothing
 *   depends on how many more members than that a window holds, and crowded stretches are thinned.
 *
 * A group that is not thinned holds at most 10,000 members.
 */
export type Judging =
  | { readonly kind: "count"; readonly reach: number }
  | { readonly kind: "marks"; readonly least: number; readonly enough: number }
  | { readonly kind: "order"; readonly least: number }
  | { readonly kind: "later"; readonly reach: number | undefined };

/** One atomic step on one group: add members, then look. */
export interface GroupStep {
  /** Rule id, rule version and group values; at most 1 KiB. */
  readonly key: string;
  /** At most 100. With none the step changes nothing: it is a look. */
  readonly members: readonly Member[];
  /** What the group's windows are judged by; the same in every step of a group. */
  readonly judging: Judging;
  /** Length of the window in milliseconds, at least 1; the same in every step of a group. */
  readonly span: number;
  /** Members older than the group's greatest time before the step less this, or than `closedTo`, are late: told, not added. */
  readonly lateness: number;
  /** While a group has no state, its members older than its greatest time less this are dropped. */
  readonly keep: number;
  /** Wall clock, epoch milliseconds: when the group counts as abandoned unless something arrives before. */
  readonly expiresAt: number;
  /** Counted in the same step, after the members were added. */
  readonly ranges: readonly Range[];
}

/**
 * Stored members, enough of them to decide about every one from `from` on, up to the last one in the run, whose window the
 * members of the step can have changed. Those are in it without a gap. Of what is older there is what decides about them:
 * where members are counted or ordered all that are needed, without a gap (those that are only counted may all have the
 * time of the earliest of them, and no id); where marks are told apart, of each the last member before `from`, the latest
 * `enough` of them at most, and such an id may be nothing but a space and the mark.
 */
export interface Run {
  /** Time of the earliest member of the step in this run; what is older is there only to be judged by. */
  readonly from: number;
  readonly members: readonly StoredMember[];
}

/** A group as it was right after a step. */
export interface GroupView {
  /** Changes with every step and commit that changes the group; 0 for a group that does not exist. */
  readonly version: number;
  /** The version that the last commit left behind, so that it changes with commits only; 0: there was none. */
  readonly edition: number;
  /** Greatest event time that advanced the group; undefined before the first. */
  readonly latest: number | undefined;
  /** When the group counts as abandoned; undefined for a group that does not exist. */
  readonly expiresAt: number | undefined;
  /** Positions in `members` of those that came too late and are not stored. */
  readonly late: readonly number[];
  /** Positions in `members` of those that were stored before; of two with one id the second is. */
  readonly known: readonly number[];
  /**
   * Every member whose verdict the step's members can have changed, known ones included, is in one of these. Empty
   * where no window can hold what decides anything.
   */
  readonly runs: readonly Run[];
  readonly ranges: readonly RangeView[];
  /** What was last committed, perhaps the very same value; undefined when nothing is. Read it once: it may be parsed then. */
  readonly state: unknown;
}

/** Replaces a group's state if nobody changed the group since. */
export interface GroupCommit {
  readonly key: string;
  /** Since this version nobody has added a member or committed; not looked at where `edition` is given. */
  readonly version: number;
  /** Since this edition nobody has committed: for a decision that no member can change which is not late. */
  readonly edition?: number;
  /** A JSON value, which nobody may change afterwards; properties that are undefined may be left out of it. */
  readonly state: unknown;
  /**
   * Members older than this are removed for good: the caller has counted them. At a multiple of the span, so that
   * it never cuts what thinning dropped in two. A group left without state and members is gone.
   */
  readonly keepFrom: number;
  /** From now on members older than this are late, whatever the lateness; undefined: as before. */
  readonly closedTo?: number;
  /** Wall clock: when there is something to do for the group; undefined: nothing before it expires. */
  readonly dueAt: number | undefined;
}

/**
 * Exact sliding windows in event time, one group at a time. Every call has a deadline and rejects with
 * `windows_unavailable` when the store does not answer. Calls about different groups are independent; calls about
 * one group are serialized by the store, whichever replica makes them.
 *
 * Bounded: a thinned stretch of one span that holds many more than reach members is cut down to its first
 * max(reach, 100) and last max(reach, 1000), which leaves every verdict of "count at least reach" unchanged. Dropped
 * members stay counted; one that is added again is no longer known. Beyond a cap on the members of a group its oldest are
 * dropped in the same way, and beyond a cap on groups the one that was touched longest ago: both are told to `onEvict`.
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
