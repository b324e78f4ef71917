import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { filePresence } from "../telemetry/file-presence.ts";
import { probeEveryMs, startProbe } from "../telemetry/probe.ts";
import { type Arrival, markRuns } from "./mark-runs.ts";
import { type SqliteGroups, type StoredGroup, sqliteGroups } from "./sqlite-groups.ts";
import { type SqliteMembers, sqliteMembers, thinStretches } from "./sqlite-members.ts";
import { openWindowsFile, schemaVersion } from "./sqlite-schema.ts";
import { hasMarks, markIn, memberCap, runsAround, thinnedAt, thinningOf } from "./stretches.ts";
import type { GroupCommit, GroupStep, GroupView, OnEvict, Windows } from "./windows.ts";

/** What windows in SQLite are made with. */
export interface SqliteWindowsOptions {
  /** The file; it is made when it is not there. One process at a time. */
  readonly path: string;
  readonly clock: Clock;
  /** Most groups (default 500,000). */
  readonly maxGroups?: number;
  /** Most members of one group (default 100,000). */
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
}

/**
 * Windows in a file, one durable transaction per call. Throws `windows_unavailable` when the file cannot be opened.
 */
export function sqliteWindows(options: SqliteWindowsOptions): Windows {
  return new SqliteWindows(options);
}

class SqliteWindows implements Windows {
  readonly #db: DatabaseSync;
  readonly #groups: SqliteGroups;
  readonly #members: SqliteMembers;
  readonly #clock: Clock;
  readonly #maxGroups: number;
  readonly #maxMembers: number;
  readonly #onEvict: OnEvict;
  readonly #endProbe: () => void;
  #since: string;
  #lastError: string | undefined;
  #nextTryAt: string;
  #latencyMs: number | undefined;
  #stopped = false;

  constructor({ path, clock, maxGroups, maxMembers, onEvict }: SqliteWindowsOptions) {
    try {
      this.#db = openWindowsFile(path);
    } catch (error) {
      throw unavailable(error);
    }
    this.#groups = sqliteGroups(this.#db);
    this.#members = sqliteMembers(this.#db);
    this.#clock = clock;
    this.#since = formatTimestamp(clock.now());
    this.#nextTryAt = this.#since;
    this.#maxGroups = maxGroups ?? 500_000;
    this.#maxMembers = maxMembers ?? 100_000;
    this.#onEvict = onEvict ?? (() => {});
    const presence = filePresence(path);
    this.#endProbe = startProbe({
      ask: async () => {
        await presence();
        if (!this.#stopped) this.#look();
      },
      onAnswer: (latency) => {
        this.#latencyMs = latency;
        this.#note(undefined);
      },
      onFailure: (error) => this.#note(error instanceof Error ? error.message : String(error)),
    });
  }

  async step(steps: readonly GroupStep[]): Promise<readonly GroupView[]> {
    if (steps.length === 0) return [];
    let evicted = 0;
    const views = this.#transaction(() => {
      const taken = steps.map((step) => {
        const { view, dropped } = this.#stepOne(step);
        evicted += dropped;
        return view;
      });
      evicted += this.#evict();
      return taken;
    });
    if (evicted > 0) this.#onEvict(evicted);
    return views;
  }

  async commit(commits: readonly GroupCommit[]): Promise<readonly boolean[]> {
    if (commits.length === 0) return [];
    return this.#transaction(() => commits.map((commit) => this.#commitOne(commit)));
  }

  async due(now: number, lease: number, limit: number): Promise<readonly string[]> {
    // Looking first costs no write where nothing is due, which is the normal case.
    if (!this.#run(() => this.#groups.anyDue(now))) return [];
    return this.#transaction(() => this.#groups.lease({ now, lease, limit }));
  }

  health(): DependencyHealth {
    const failed = this.#stopped || this.#lastError !== undefined;
    return {
      name: "sqlite",
      status: failed ? "fail" : "pass",
      since: this.#since,
      ...(this.#lastError === undefined ? {} : { last_error: this.#lastError, next_try_at: this.#nextTryAt }),
      ...(this.#latencyMs === undefined ? {} : { latency_ms: this.#latencyMs }),
    };
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#endProbe();
    this.#since = formatTimestamp(this.#clock.now());
    this.#db.close();
  }

  #stepOne(step: GroupStep): { view: GroupView; dropped: number } {
    if (step.members.length === 0) {
      return { view: this.#view(this.#groups.find(step.key), step, nothing), dropped: 0 };
    }
    const group = this.#groups.touch(step.key, step.expiresAt, randomInt(1, 2 ** 47));
    const { latest, ...added } = this.#add(group, step);
    const n = step.members.length - added.known.length - added.late.length;
    if (n === 0) return { view: this.#view(group, step, added), dropped: 0 };
    const changed = { ...group, latest, version: group.version + 1, size: group.size + n };
    const view = this.#view(changed, step, added);
    return { view, dropped: this.#bound(changed, step) };
  }

  #add(group: StoredGroup, { members, lateness, judging }: GroupStep): Added & Pick<StoredGroup, "latest"> {
    const horizon = Math.max((group.latest ?? -Infinity) - lateness, group.closedTo ?? -Infinity);
    const known: number[] = [];
    const late: number[] = [];
    const times: number[] = [];
    const arrivals: Arrival[] = [];
    let { latest } = group;
    for (const [position, { id, at, advances }] of members.entries()) {
      if (at < horizon && !this.#members.has(group.id, id)) {
        late.push(position);
        continue;
      }
      times.push(at);
      const isNew = at >= horizon && this.#members.add(group.id, { id, at });
      if (!isNew) known.push(position);
      else if (advances) latest = Math.max(latest ?? at, at);
      if (hasMarks(judging)) {
        const before = isNew ? this.#members.mark(group.id, { id, at }) : undefined;
        arrivals.push({ mark: markIn(id), at, before });
      }
    }
    return { late, known, times, arrivals, latest };
  }

  /** Thins and trims what the step added to; returns how many members the hard cap cost. */
  #bound(group: StoredGroup, { members, judging, span, keep }: GroupStep): number {
    let { size } = group;
    const reach = thinnedAt(judging);
    if (reach !== undefined && size > thinningOf(reach).trigger) {
      size -= thinStretches(this.#members, group.id, { times: members.map(({ at }) => at), reach, span });
    }
    let dropped = 0;
    const cap = memberCap(judging, this.#maxMembers);
    if (size > cap) {
      const n = size - Math.floor(cap * 0.9);
      dropped = this.#members.drop(
        group.id,
        { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, skip: 0, n },
        span,
      );
    }
    const trimmed =
      group.state === null && group.latest !== null
        ? this.#members.trimStored(group.id, group.latest - keep)
        : 0;
    this.#groups.advance({ ...group, size: size - dropped - trimmed });
    return dropped;
  }

  #view(
    group: StoredGroup | undefined,
    { judging, span, ranges }: GroupStep,
    { late, known, times, arrivals }: Added,
  ): GroupView {
    const id = group?.id ?? -1;
    const index = this.#members.index(id, group?.size ?? 0);
    return {
      version: group?.version ?? 0,
      edition: group?.edition ?? 0,
      latest: group?.latest ?? undefined,
      expiresAt: group?.expiresAt,
      late,
      known,
      runs:
        judging.kind === "marks"
          ? markRuns(index, arrivals, { ...judging, span })
          : runsAround(index, times, { judging, span }),
      ranges: ranges.map((range) => this.#members.view(id, range)),
      get state() {
        return stateOf(group);
      },
    };
  }

  #commitOne(commit: GroupCommit): boolean {
    const { key, version, edition, state, keepFrom, closedTo, dueAt } = commit;
    const group = this.#groups.find(key);
    if (group === undefined) return (edition ?? version) === 0;
    if (edition === undefined ? group.version !== version : group.edition !== edition) return false;
    const size = group.size - this.#members.trim(group.id, keepFrom);
    if (state === undefined && size === 0) {
      this.#groups.remove(group.id);
      return true;
    }
    const next = group.version + 1;
    const closed = Math.max(closedTo ?? -Infinity, group.closedTo ?? -Infinity);
    this.#groups.settle(
      {
        ...{ ...group, version: next, edition: next, size, state: textOf(state) },
        closedTo: closed === -Infinity ? null : closed,
      },
      dueAt,
    );
    return true;
  }

  #evict(): number {
    let evicted = 0;
    for (const id of this.#groups.beyond(this.#maxGroups)) {
      this.#members.remove(id);
      this.#groups.remove(id);
      evicted += 1;
    }
    return evicted;
  }

  /** A trivial read; after trouble a write, for only that shows that it is over. */
  #look(): void {
    if (this.#lastError === undefined) this.#db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
    else this.#db.exec(`PRAGMA user_version = ${schemaVersion}`);
  }

  #transaction<T>(work: () => T): T {
    return this.#run(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        this.#groups.recount();
        throw error;
      }
    });
  }

  #run<T>(work: () => T): T {
    if (this.#stopped) throw new AuditFlowError("windows_unavailable", "the window store is stopped");
    try {
      return work();
    } catch (error) {
      const failure = unavailable(error);
      this.#note(failure.message);
      throw failure;
    }
  }

  #note(lastError: string | undefined): void {
    const now = this.#clock.now();
    if ((lastError === undefined) !== (this.#lastError === undefined)) this.#since = formatTimestamp(now);
    this.#lastError = lastError;
    this.#nextTryAt = formatTimestamp(now + probeEveryMs);
  }
}

/** What became of the members of a step. */
interface Added extends Pick<GroupView, "late" | "known"> {
  /** Times of those that are not late. */
  readonly times: readonly number[];
  /** What those say of their marks, where members have marks. */
  readonly arrivals: readonly Arrival[];
}

const nothing: Added = { late: [], known: [], times: [], arrivals: [] };

function textOf(state: unknown): string | null {
  return state === undefined ? null : JSON.stringify(state);
}

function stateOf(group: StoredGroup | undefined): unknown {
  return group === undefined || group.state === null ? undefined : JSON.parse(group.state);
}

function unavailable(cause: unknown): AuditFlowError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new AuditFlowError("windows_unavailable", `the window file: ${message}`, { cause });
}
