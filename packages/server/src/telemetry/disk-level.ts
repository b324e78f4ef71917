import type { HealthStatus } from "@auditflow/contracts";

/** What was measured of a folder and of the file system it lies in, in bytes. */
export interface DiskUse {
  /** What the folder takes. */
  readonly used: number;
  /** Of that, what its files will fill again before they grow. */
  readonly reusable: number;
  /** What the file system still gives, and what it holds in all. */
  readonly free: number;
  readonly size: number;
}

/** How near the folder is to its limit. */
export interface DiskLevel {
  /** `fail`: nothing new is taken in. */
  readonly status: HealthStatus;
  /** Of the nearer limit, from 0; above 1 the limit is exceeded. */
  readonly share: number;
  readonly limit: "budget" | "file system";
}

const warnsFrom = 0.8;
const closesFrom = 0.95;
const opensBelow = 0.9;

/** What the journals of three databases need in order to write at all, in bytes. */
const leastFree = 16 * 1024 ** 2;

/**
 * Judges a measurement: `warn` from 80 %, `fail` from 95 %, and once it was `fail` until it is below 90 %. Space that
 * the files will fill again counts as free, except where the file system has no room left to write even that.
 */
export function diskLevel(use: DiskUse, budget: number | undefined, wasFull: boolean): DiskLevel {
  const ofFileSystem = shareOfFileSystem(use);
  const ofBudget = budget === undefined ? 0 : (use.used - use.reusable) / budget;
  const share = Math.max(ofFileSystem, ofBudget);
  const isFull = share >= (wasFull ? opensBelow : closesFrom);
  return {
    status: isFull ? "fail" : share >= warnsFrom ? "warn" : "pass",
    share,
    limit: ofBudget >= ofFileSystem ? "budget" : "file system",
  };
}

function shareOfFileSystem({ reusable, free, size }: DiskUse): number {
  if (size === 0) return 0;
  const canReuse = free >= Math.min(leastFree, size * (1 - closesFrom));
  return 1 - Math.min(size, free + (canReuse ? reusable : 0)) / size;
}

/** In words, how full it is, what follows and what to do; empty when all is well. */
export function diskWords({ status, share, limit }: DiskLevel, use: DiskUse, budget = 0): string {
  if (status === "pass") return "";
  const percent = `${Math.floor(share * 100)} %`;
  const state =
    limit === "budget"
      ? `The data folder takes ${inWords(use.used - use.reusable)} of its budget of ${inWords(budget)} (${percent})`
      : `The file system of the data folder is full to ${percent}, ${inWords(use.free)} are free`;
  const follows =
    status === "warn"
      ? "from 95 % on no events are taken in"
      : "no events are taken in until it is below 90 %";
  const raise = limit === "budget" ? "raise AUDITFLOW_DISK_BUDGET" : "make room on the file system";
  return `${state}; ${follows}: ${raise}, or lower AUDITFLOW_RETENTION_DAYS`;
}

/** Bytes as people write them: `1.5 GB`. */
export function inWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
