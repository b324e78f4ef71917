import { type FileHandle, open } from "node:fs/promises";
import { AuditFlowError } from "@auditflow/contracts";
import type { ImportedLegacyAlerts, RefusedLegacyRow } from "../notify/import-legacy-alerts.ts";
import { printable } from "./printable.ts";
import { type Progress, share, startProgress } from "./progress.ts";
import { writeOut } from "./write-out.ts";

/** How an import tells what it does. */
export interface TallyOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  /** A file that takes the refused rows, one JSON object a line; what it held is gone. */
  readonly rejects?: string;
}

/** Refused rows that are shown one by one. */
const shown = 20;

/** Counts what an import does, tells of it on standard error while it goes on, and sums it up on standard output. */
export class ImportTally {
  refused = 0;
  #read = 0;
  #stored = 0;
  #unchanged = 0;
  readonly #started = performance.now();
  readonly #total: number;
  readonly #options: TallyOptions;
  readonly #rejects: FileHandle | undefined;
  readonly #progress: Progress = startProgress();

  private constructor(total: number, options: TallyOptions, rejects: FileHandle | undefined) {
    this.#total = total;
    this.#options = options;
    this.#rejects = rejects;
  }

  /**
   * Says what is going to happen; `target` is undefined when nothing is to be stored.
   * @throws AuditFlowError invalid_config when the file of refused rows cannot be written.
   */
  static async start(total: number, target: string | undefined, options: TallyOptions): Promise<ImportTally> {
    const rejects = options.rejects === undefined ? undefined : await openRejects(options.rejects);
    const where = target === undefined ? "checking only" : `into ${target}`;
    process.stderr.write(`${total} alerts in the old table, ${where}\n`);
    return new ImportTally(total, options, rejects);
  }

  /** Adds what became of so many rows. */
  async add(rows: number, { stored, unchanged, refused }: ImportedLegacyAlerts): Promise<void> {
    this.#read += rows;
    this.#stored += stored;
    this.#unchanged += unchanged;
    for (const one of refused.slice(0, Math.max(0, shown - this.refused))) tell(one);
    if (refused.length > 0) await this.#rejects?.appendFile(refused.map(lineOf).join(""));
    this.refused += refused.length;
    this.#progress.update(`${this.#read} alerts${share(this.#read, this.#total)}`);
  }

  /** Sums up; `isCut` says that there is more to read. */
  async end(isCut: boolean): Promise<void> {
    this.#progress.done();
    await this.#rejects?.close();
    if (this.refused > shown && this.#rejects === undefined) {
      process.stderr.write(`and ${this.refused - shown} more; --rejects FILE lists all\n`);
    }
    if (isCut)
      process.stderr.write("interrupted: what was stored stays, the same command goes on with the rest\n");
    await writeOut(this.#options.json ? `${JSON.stringify(this.#summary(isCut))}\n` : this.#sentence());
  }

  #summary(isCut: boolean): Record<string, unknown> {
    const stored = this.#options.dryRun ? { storable: this.#stored } : { stored: this.#stored };
    return {
      ...{ total: this.#total, read: this.#read, ...stored },
      ...{
        unchanged: this.#unchanged,
        refused: this.refused,
        complete: !isCut && this.#read === this.#total,
      },
      seconds: Math.round(this.#seconds() * 100) / 100,
    };
  }

  #sentence(): string {
    const { dryRun } = this.#options;
    const outcome = dryRun
      ? `${this.#stored} can be stored`
      : `${this.#stored} stored, ${this.#unchanged} there already`;
    return `${this.#read} read, ${outcome}, ${this.refused} refused, ${this.#seconds().toFixed(1)} seconds\n`;
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

async function openRejects(path: string): Promise<FileHandle> {
  try {
    // What is in an alert is not for every user of the machine.
    return await open(path, "w", 0o600);
  } catch (cause) {
    throw new AuditFlowError("invalid_config", `--rejects: cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function tell({ alert_id, code, reason }: RefusedLegacyRow): void {
  process.stderr.write(`refused: ${alert_id ?? "a row"}: ${printable(reason)} (${code})\n`);
}

function lineOf({ alert_id, code, reason, row }: RefusedLegacyRow): string {
  return `${JSON.stringify({ alert_id, code, reason, row })}\n`;
}
