import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { filePresence } from "../telemetry/file-presence.ts";
import { probeEveryMs, startProbe } from "../telemetry/probe.ts";
import { type SqliteGroups, type StoredGroup, sqliteGroups } from "./sqlite-groups.ts";
import { type SqliteMembers, sqliteMembers, thinStretches } from "./sqlite-members.ts";
import { openWindowsFile, schemaVersion } from "./sqlite-schema.ts";
import { memberCap, runsAround, thinningOf } from "./stretches.ts";
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
    if (step.members.length === 0) return { view: this.#view(this.#groups.find(step.key), step), dropped: 0 };
    const group = this.#groups.touch(step.key, step.expiresAt, randomInt(1, 2 ** 47));
    const horizon = group.latest === null ? -Infinity : group.latest - step.lateness;
    const known: number[] = [];
    const late: number[] = [];
    let { latest } = group;
    for (const [position, { id, at, advances }] of step.members.entries()) {
      if (at < horizon) (this.#members.has(group.id, id) ? known : late).push(position);
      else if (!this.#members.add(group.id, { id, at })) known.push(position);
      else {
        if (advances) latest = Math.max(latest ?? at, at);
        if (step.whole) this.#members.mark(group.id, { id, at });
      }
    }
    const added = step.members.length - known.length - late.length;
    if (added === 0) return { view: this.#view(group, step, { late, known }), dropped: 0 };
    const changed = { ...group, latest, version: group.version + 1, size: group.size + added };
    const view = this.#view(changed, step, { late, known });
    return { view, dropped: this.#bound(changed, step) };
  }

  /** Thins and trims what the step added to; returns how many members the hard cap cost. */
  #bound(group: StoredGroup, { members, reach, span, whole, keep }: GroupStep): number {
    let { size } = group;
    const { trigger } = thinningOf(reach);
    if (!whole && size > trigger) {
      size -= thinStretches(this.#members, group.id, { times: members.map(({ at }) => at), reach, span });
    }
    let dropped = 0;
    const cap = memberCap(whole, this.#maxMembers);
    if (size > cap) {
      const n = size - Math.floor(cap * 0.9);
      dropped = this.#members.drop(
        group.id,
        { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, skip: 0, n },
        span,
      );
    }
    const trimmed =
      group.state === null && group.latest !== null ? this.#members.trim(group.id, group.latest - keep) : 0;
    this.#groups.update({ ...group, size: size - dropped - trimmed });
    return dropped;
  }

  #view(
    group: StoredGroup | undefined,
    { members, reach, span, whole, ranges }: GroupStep,
    { late, known }: Pick<GroupView, "late" | "known"> = { late: [], known: [] },
  ): GroupView {
    const skipped = new Set(late);
    const times = members.filter((_, position) => !skipped.has(position)).map(({ at }) => at);
    const id = group?.id ?? -1;
    return {
      version: group?.version ?? 0,
      latest: group?.latest ?? undefined,
      expiresAt: group?.expiresAt,
      late,
      known,
      runs: runsAround(this.#members.index(id), times, { reach, span, whole }),
      ranges: ranges.map((range) => this.#members.view(id, range)),
      get state() {
        return stateOf(group);
      },
    };
  }

  #commitOne({ key, version, state, keepFrom, dueAt }: GroupCommit): boolean {
    const group = this.#groups.find(key);
    if (group === undefined) return version === 0;
    if (group.version !== version) return false;
    const size = group.size - this.#members.trim(group.id, keepFrom);
    if (state === undefined && size === 0) this.#groups.remove(group.id);
    else {
      this.#groups.update({ ...group, version: version + 1, size, state: textOf(state) });
      this.#groups.setDue(group.id, dueAt);
    }
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
