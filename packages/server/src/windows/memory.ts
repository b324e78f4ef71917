import { randomInt } from "node:crypto";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { MemberList } from "./member-list.ts";
import { memberCap, runsAround } from "./stretches.ts";
import type { GroupCommit, GroupStep, GroupView, OnEvict, Windows } from "./windows.ts";

/** What windows in memory are made with. */
export interface MemoryWindowsOptions {
  readonly clock: Clock;
  /** Most groups (default 100,000). */
  readonly maxGroups?: number;
  /** Most members of one group (default 100,000). */
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
}

/** Windows in this process's memory: as fast as it gets, and gone with the process. */
export function memoryWindows(options: MemoryWindowsOptions): Windows {
  return new MemoryWindows(options);
}

class Group {
  readonly list = new MemberList();
  version: number = randomInt(1, 2 ** 47);
  latest: number | undefined;
  expiresAt = 0;
  /** When a sweep is to see it because it is abandoned: `expiresAt`, or the end of a lease. */
  idleAt = 0;
  /** When a sweep is to see it for what it has to publish. */
  dueAt = Infinity;
  state: unknown;
}

class MemoryWindows implements Windows {
  /** In the order in which they were touched, the longest ago first. */
  readonly #groups = new Map<string, Group>();
  readonly #since: string;
  readonly #maxGroups: number;
  readonly #maxMembers: number;
  readonly #onEvict: OnEvict;
  #stopped = false;

  constructor({ clock, maxGroups, maxMembers, onEvict }: MemoryWindowsOptions) {
    this.#since = formatTimestamp(clock.now());
    this.#maxGroups = maxGroups ?? 100_000;
    this.#maxMembers = maxMembers ?? 100_000;
    this.#onEvict = onEvict ?? (() => {});
  }

  async step(steps: readonly GroupStep[]): Promise<readonly GroupView[]> {
    this.#refuseWhenStopped();
    return steps.map((step) => this.#stepOne(step));
  }

  async commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]> {
    this.#refuseWhenStopped();
    return commits.map((commit) => this.#commitOne(commit));
  }

  async due(now: number, lease: number, limit: number): Promise<readonly string[]> {
    this.#refuseWhenStopped();
    const keys: string[] = [];
    for (const [key, group] of this.#groups) {
      if (keys.length >= limit) break;
      if (Math.min(group.dueAt, group.idleAt) > now) continue;
      if (group.dueAt <= now) group.dueAt = now + lease;
      if (group.idleAt <= now) group.idleAt = now + lease;
      keys.push(key);
    }
    return keys;
  }

  health(): DependencyHealth {
    return { name: "memory", status: this.#stopped ? "fail" : "pass", since: this.#since };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#groups.clear();
  }

  #refuseWhenStopped(): void {
    if (this.#stopped) throw new AuditFlowError("windows_unavailable", "the window store is stopped");
  }

  #stepOne(step: GroupStep): GroupView {
    if (step.members.length === 0) return view(this.#groups.get(step.key), step, nothing);
    const group = this.#touch(step);
    const added = add(group, step);
    const isChanged = step.members.length > added.late.length + added.known.length;
    if (isChanged) group.version += 1;
    const seen = view(group, step, added);
    if (isChanged) this.#bound(group, step, added.times);
    return seen;
  }

  #touch({ key, expiresAt }: GroupStep): Group {
    const group = this.#groups.get(key) ?? new Group();
    this.#groups.delete(key);
    this.#groups.set(key, group);
    group.expiresAt = expiresAt;
    group.idleAt = expiresAt;
    if (this.#groups.size > this.#maxGroups) {
      const [oldest] = this.#groups.keys();
      this.#groups.delete(oldest!);
      this.#onEvict(1);
    }
    return group;
  }

  #bound(group: Group, { reach, span, whole, keep }: GroupStep, times: readonly number[]): void {
    if (!whole) group.list.thin(times, reach, span);
    const dropped = group.list.shrink(memberCap(whole, this.#maxMembers), span);
    if (dropped > 0) this.#onEvict(dropped);
    if (group.state === undefined && group.latest !== undefined) group.list.trim(group.latest - keep);
  }

  #commitOne({ key, version, state, keepFrom, dueAt }: GroupCommit): boolean {
    const group = this.#groups.get(key);
    if (group === undefined) return version === 0;
    if (group.version !== version) return false;
    group.version += 1;
    group.state = state;
    group.dueAt = dueAt ?? Infinity;
    group.list.trim(keepFrom);
    if (state === undefined && group.list.size === 0) this.#groups.delete(key);
    return true;
  }
}

/** What became of the members of a step. */
interface Added extends Pick<GroupView, "late" | "known"> {
  /** Times of those that are not late. */
  readonly times: readonly number[];
}

const nothing: Added = { late: [], known: [], times: [] };

function add(group: Group, { members, lateness, whole }: GroupStep): Added {
  const horizon = group.latest === undefined ? -Infinity : group.latest - lateness;
  const known: number[] = [];
  const late: number[] = [];
  const times: number[] = [];
  for (let position = 0; position < members.length; position += 1) {
    const member = members[position]!;
    const { id, at } = member;
    if (at < horizon && !group.list.has(id)) {
      late.push(position);
      continue;
    }
    times.push(at);
    if (!group.list.add(member)) known.push(position);
    else {
      if (whole) group.list.mark(member);
      if (member.advances && (group.latest === undefined || group.latest < at)) group.latest = at;
    }
  }
  return { late, known, times };
}

function view(group: Group | undefined, step: GroupStep, { late, known, times }: Added): GroupView {
  const list = group?.list ?? new MemberList();
  return {
    version: group?.version ?? 0,
    latest: group?.latest,
    expiresAt: group?.expiresAt,
    late,
    known,
    runs: times.length === 0 ? [] : runsAround(list, times, step),
    ranges: step.ranges.map((range) => list.view(range)),
    state: group?.state,
  };
}
