import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** One line of the oracle's record. */
export type RecordLine =
  | { readonly claimed: readonly string[] }
  | { readonly acked: readonly string[]; readonly in_fault: boolean }
  | { readonly delivery: Delivery };

/** A call of the webhook sink. */
export interface Delivery {
  readonly webhook_id: string;
  readonly incident_id: string;
  readonly type: string;
  /** SHA-256 of the body. */
  readonly body: string;
  /** Status that was answered; 0: the connection was broken or left to hang. */
  readonly answered: number;
  /** What is wrong with the call itself, such as its signature. */
  readonly problem?: string;
}

/** The oracle's memory: what was written is on the disk, then it counts. */
export class LedgerRecord {
  readonly #file: number;
  readonly claimed = new Set<string>();
  /** Acknowledged ids, with whether that was while a fault lasted. */
  readonly acked = new Map<string, boolean>();
  readonly deliveries: Delivery[] = [];

  constructor(path: string) {
    this.#file = openSync(path, "ax", 0o600);
  }

  /** Returns when the line is on the disk. */
  append(line: RecordLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fsyncSync(this.#file);
    if ("claimed" in line) for (const id of line.claimed) this.claimed.add(id);
    else if ("acked" in line) {
      for (const id of line.acked) if (!this.acked.has(id)) this.acked.set(id, line.in_fault);
    } else this.deliveries.push(line.delivery);
  }

  close(): void {
    closeSync(this.#file);
  }
}
