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
  state: string | undefined;
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
    if (step.members.length === 0) return view(this.#groups.get(step.key), step, { late: [], known: [] });
    const group = this.#touch(step);
    const known: number[] = [];
    const late: number[] = [];
    const horizon = group.latest === undefined ? -Infinity : group.latest - step.lateness;
    for (const [position, { id, at, advances }] of step.members.entries()) {
      if (group.list.has(id)) known.push(position);
      else if (at < horizon) late.push(position);
      else {
        group.list.add({ id, at });
        if (step.whole) group.list.mark({ id, at });
        if (advances) group.latest = Math.max(group.latest ?? at, at);
      }
    }
    const seen = view(group, step, { late, known });
    const changed = step.members.length > late.length + known.length;
    if (!changed) return seen;
    this.#bound(group, step);
    group.version += 1;
    return { ...seen, version: group.version };
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

  #bound(group: Group, { members, reach, span, whole, keep }: GroupStep): void {
    const times = members.map(({ at }) => at);
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

function view(
  group: Group | undefined,
  { members, ranges, reach, span, whole }: GroupStep,
  { late, known }: Pick<GroupView, "late" | "known">,
): GroupView {
  const list = group?.list ?? new MemberList();
  const isLate = new Set(late);
  const times = members.filter((_, position) => !isLate.has(position)).map(({ at }) => at);
  return {
    version: group?.version ?? 0,
    latest: group?.latest,
    expiresAt: group?.expiresAt,
    late,
    known,
    runs: runsAround(list, times, { reach, span, whole }),
    ranges: ranges.map((range) => list.view(range)),
    state: group?.state,
  };
}
