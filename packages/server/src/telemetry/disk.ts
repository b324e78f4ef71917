import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { AuditFlowError, type DependencyHealth } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "./clock.ts";
import { type DiskLevel, type DiskUse, diskLevel, diskWords } from "./disk-level.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What is watched, and who is told. */
export interface DiskOptions {
  readonly folder: string;
  /** Bytes the folder may take; undefined: as many as the file system has. */
  readonly budget: number | undefined;
  /** Bytes in the folder's files that they fill again before they grow. */
  readonly reusable: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "diskUsed" | "diskBudget" | "diskFree">;
}

/** Knows how full the disk of a folder is, at most two seconds ago. */
export interface Disk {
  /** `fail` while nothing new may be taken in; `last_error` says why and what to do. */
  health(): DependencyHealth;
  /** Why nothing new may be taken in: a `disk_full`; undefined when it may. */
  refusal(): AuditFlowError | undefined;
  stop(): void;
}

const lookEvery = 1000;

/** Watches the disk of a folder; resolves when it was looked at for the first time. Each change of state is one line in the log. */
export async function watchDisk(options: DiskOptions): Promise<Disk> {
  const watch = new DiskWatch(options);
  await watch.look();
  return watch;
}

class DiskWatch implements Disk {
  readonly #options: DiskOptions;
  #health: DependencyHealth;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#health = { name: "data", status: "pass", since: formatTimestamp(options.clock.now()) };
    if (options.budget !== undefined) options.metrics.diskBudget.set(options.budget);
  }

  health(): DependencyHealth {
    return this.#health;
  }

  refusal(): AuditFlowError | undefined {
    const { status, last_error } = this.#health;
    return status === "fail" ? new AuditFlowError("disk_full", last_error ?? "") : undefined;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async look(): Promise<void> {
    try {
      const { folder, budget, metrics } = this.#options;
      const use = { ...(await measure(folder)), reusable: this.#options.reusable() };
      metrics.diskUsed.set(use.used);
      metrics.diskFree.set(use.free);
      const level = diskLevel(use, budget, this.#health.status === "fail");
      this.#note(level, diskWords(level, use, budget));
    } catch (error) {
      // What was known last still holds: a look that failed says nothing of the space.
      this.#options.log.warn({ "event.name": "disk.unknown", error }, "the disk could not be looked at");
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.look(), lookEvery);
  }

  #note({ status, share, limit }: DiskLevel, words: string): void {
    const before = this.#health;
    const since = before.status === status ? before.since : formatTimestamp(this.#options.clock.now());
    this.#health = { name: "data", status, since, ...(words === "" ? {} : { last_error: words }) };
    if (before.status === status) return;
    const fields = { "event.name": `disk.${status}`, percent: Math.floor(share * 100), limit };
    if (status === "fail") this.#options.log.error(fields, "the disk is full: no events are taken in");
    else if (status === "warn") this.#options.log.warn(fields, "the disk is nearly full");
    else this.#options.log.info(fields, "the disk has room again");
  }
}

async function measure(folder: string): Promise<Omit<DiskUse, "reusable">> {
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(sizeOnDisk));
  return {
    used: sizes.reduce((sum, size) => sum + size, 0),
    free: bavail * bsize,
    // What is reserved for root is nobody's here: `df` counts the same way.
    size: (blocks - bfree + bavail) * bsize,
  };
}

/** Journals come and go. */
async function sizeOnDisk(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : found.blocks * 512;
}
