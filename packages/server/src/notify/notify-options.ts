import type { ErrorCode } from "@auditflow/contracts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Transport } from "../transport/transport.ts";

/** Called once per batch and kind with how many records it concerned; must not throw. */
export interface NotifyObserver {
  /** Alert rows written or updated. */
  stored(n: number): void;
  /** Alerts that brought nothing new: a repetition, or an older revision than the stored one. */
  duplicates(n: number): void;
  /** Alerts put into quarantine, and (as `invalid_request`) quarantine records that could not be kept. */
  quarantined(code: ErrorCode, n: number): void;
}

/** What the service is started with; it stops neither the transport nor the database. */
export interface NotifyOptions {
  readonly transport: Transport;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: NotifyObserver;
}
