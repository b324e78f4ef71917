import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { type Arrival, markRuns } from "./mark-runs.ts";
import { MemberList } from "./member-list.ts";
import { column, MemoryGroups } from "./memory-groups.ts";
import { hasMarks, markIn, memberCap, runsAround, thinnedAt } from "./stretches.ts";
import type { GroupCommit, GroupStep, GroupView, OnEvict, Run, Windows } from "./windows.ts";

/** What windows in memory are made with. */
export interface MemoryWindowsOptions {
  readonly clock: Clock;
  /** Most groups (default 1,000,000). One takes about 400 bytes with one member, 900 to 1,200 with ten. */
  readonly maxGroups?: number;
  /** Most members of one group (default 100,000). */
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
}

/** Windows in this process's memory: as fast as it gets, and gone with the process. */
export function memoryWindows(options: MemoryWindowsOptions): Windows {
  return new MemoryWindows(options);
}

/** How many groups are foreseen at a time: what is read for them has to stay near. */
const atOnce = 64;

class MemoryWindows implements Windows {
  #groups = new MemoryGroups();
  readonly #since: string;
  readonly #maxGroups: number;
  readonly #maxMembers: number;
  readonly #onEvict: OnEvict;
  /** One for all groups, so that a group never has a version of one that had its name before. */
  #version = 0;
  #stopped = false;

  constructor({ clock, maxGroups, maxMembers, onEvict }: MemoryWindowsOptions) {
    this.#since = formatTimestamp(clock.now());
    this.#maxGroups = maxGroups ?? 1_000_000;
    this.#maxMembers = maxMembers ?? 100_000;
    this.#onEvict = onEvict ?? (() => {});
  }

  async step(steps: readonly GroupStep[]): Promise<readonly GroupView[]> {
    this.#refuseWhenStopped();
    const views: GroupView[] = [];
    for (let from = 0; from < steps.length; from += atOnce) {
      const part = steps.slice(from, from + atOnce);
      const hashes = part.map(({ key }) => this.#groups.hashOf(key));
      if (part.length > 1) this.#groups.foresee(hashes);
      for (let n = 0; n < part.length; n += 1) views.push(this.#stepOne(part[n]!, hashes[n]!));
    }
    return views;
  }

  async commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]> {
    this.#refuseWhenStopped();
    return commits.map((commit) => this.#commitOne(commit));
  }

  async due(now: number, lease: number, limit: number): Promise<readonly string[]> {
    this.#refuseWhenStopped();
    return this.#groups.lease(now, now + lease, limit);
  }

  health(): DependencyHealth {
    return { name: "memory", status: this.#stopped ? "fail" : "pass", since: this.#since };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#groups = new MemoryGroups();
  }

  #refuseWhenStopped(): void {
    if (this.#stopped) throw new AuditFlowError("windows_unavailable", "the window store is stopped");
  }

  #stepOne(step: GroupStep, hash: number): GroupView {
    const { key, members } = step;
    if (members.length === 0) return this.#view(this.#groups.find(key, hash), step, nothing);
    const slot = this.#touch(step, hash);
    const added = this.#add(slot, step);
    const isChanged = members.length > added.late.length + added.known.length;
    if (isChanged) this.#groups.setNumber(slot, column.version, this.#nextVersion());
    const view = this.#view(slot, step, added);
    if (isChanged) this.#bound(slot, step, added.times);
    return view;
  }

  #touch({ key, expiresAt }: GroupStep, hash: number): number {
    const groups = this.#groups;
    const slot = groups.touch(key, hash);
    groups.setNumber(slot, column.expiresAt, expiresAt);
    groups.schedule(slot, column.idleAt, expiresAt);
    if (groups.size > this.#maxGroups) {
      groups.removeOldest();
      this.#onEvict(1);
    }
    return slot;
  }

  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  #add(slot: number, { members, lateness, judging }: GroupStep): Added {
    const list = this.#groups.list(slot);
    let latest = this.#groups.number(slot, column.latest);
    const horizon = Math.max(latest - lateness, this.#groups.number(slot, column.closedTo));
    const known: number[] = [];
    const late: number[] = [];
    const times: number[] = [];
    const arrivals: Arrival[] = [];
    const isMarked = hasMarks(judging);
    for (let position = 0; position < members.length; position += 1) {
      const member = members[position]!;
      const { id, at } = member;
      const isNew = at < horizon ? undefined : list.add(member);
      if (isNew === undefined && !list.has(id)) {
        late.push(position);
        continue;
      }
      times.push(at);
      if (isNew !== true) known.push(position);
      else if (member.advances && latest < at) latest = at;
      if (isMarked) {
        arrivals.push({ mark: markIn(id), at, before: isNew === true ? list.mark(member) : undefined });
      }
    }
    this.#groups.setNumber(slot, column.latest, latest);
    return { late, known, times, arrivals };
  }

  #view(slot: number, step: GroupStep, { late, known, times, arrivals }: Added): GroupView {
    const groups = this.#groups;
    const list = slot < 0 ? nobody : groups.list(slot);
    const latest = slot < 0 ? -Infinity : groups.number(slot, column.latest);
    return {
      version: slot < 0 ? 0 : groups.number(slot, column.version),
      edition: slot < 0 ? 0 : groups.number(slot, column.edition),
      latest: latest === -Infinity ? undefined : latest,
      expiresAt: slot < 0 ? undefined : groups.number(slot, column.expiresAt),
      late,
      known,
      runs: runsOf(list, step, { times, arrivals }),
      ranges: step.ranges.map((range) => list.view(range)),
      state: slot < 0 ? undefined : groups.state(slot),
    };
  }

  #bound(slot: number, { judging, span, keep }: GroupStep, times: readonly number[]): void {
    const list = this.#groups.list(slot);
    const reach = thinnedAt(judging);
    if (reach !== undefined) list.thin(times, reach, span);
    const dropped = list.shrink(memberCap(judging, this.#maxMembers), span);
    if (dropped > 0) this.#onEvict(dropped);
    const latest = this.#groups.number(slot, column.latest);
    if (latest > -Infinity && this.#groups.state(slot) === undefined) list.trim(latest - keep);
  }

  #commitOne(commit: GroupCommit): boolean {
    const groups = this.#groups;
    const slot = groups.find(commit.key, groups.hashOf(commit.key));
    const { version, edition, state, keepFrom, closedTo, dueAt } = commit;
    if (slot < 0) return (edition ?? version) === 0;
    const stored = groups.number(slot, edition === undefined ? column.version : column.edition);
    if (stored !== (edition ?? version)) return false;
    groups.list(slot).trim(keepFrom);
    if (state === undefined && groups.list(slot).size === 0) {
      groups.remove(slot);
      return true;
    }
    const next = this.#nextVersion();
    groups.setNumber(slot, column.version, next);
    groups.setNumber(slot, column.edition, next);
    if (closedTo !== undefined) {
      groups.setNumber(slot, column.closedTo, Math.max(closedTo, groups.number(slot, column.closedTo)));
    }
    groups.setState(slot, state);
    groups.schedule(slot, column.dueAt, dueAt ?? Infinity);
    return true;
  }
}

const nobody = new MemberList();

/** What became of the members of a step. */
interface Added extends Pick<GroupView, "late" | "known"> {
  /** Times of those that are not late. */
  readonly times: readonly number[];
  /** What those say of their marks, where members have marks. */
  readonly arrivals: readonly Arrival[];
}

const nothing: Added = { late: [], known: [], times: [], arrivals: [] };

function runsOf(
  list: MemberList,
  { judging, span }: GroupStep,
  { times, arrivals }: Pick<Added, "times" | "arrivals">,
): readonly Run[] {
  if (judging.kind !== "marks") return runsAround(list, times, { judging, span });
  const { least, enough } = judging;
  return markRuns(list, arrivals, { least, enough, span });
}
