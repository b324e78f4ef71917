import type { ErrorCode } from "@auditflow/contracts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Tracer } from "../telemetry/trace.ts";
import type { Transport } from "../transport/transport.ts";
import type { Surroundings } from "./channels/channel.ts";

/** Called once per batch and kind with how many records it concerned; must not throw. */
export interface NotifyObserver {
  /** One batch of alerts is committed: how many came, and how many seconds it took. */
  wrote(alerts: number, seconds: number): void;
  /** How many refused records are kept now. */
  quarantineHolds(records: number): void;
  /** Alert rows written or updated. */
  stored(n: number): void;
  /** Alerts that brought nothing new: a repetition, or an older revision than the stored one. */
  duplicates(n: number): void;
  /** Alerts put into quarantine, and (as `invalid_request`) quarantine records that could not be kept. */
  quarantined(code: ErrorCode, n: number): void;
  /** One try to tell a channel of this kind, and what follows: delivered, retry or dead. */
  tried(kind: string, outcome: string): void;
}

/** What the service is started with; it stops neither the transport nor the database. */
export interface NotifyOptions {
  readonly transport: Transport;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe: NotifyObserver;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** How and whom channels may reach. */
  readonly receivers: Pick<Surroundings, "smtpUrl" | "allowedReceivers">;
  /** Where people find the page, without a slash at the end; undefined: notices carry no link. */
  readonly baseUrl: string | undefined;
  /** How many days alerts are kept after they were stored; 0: for ever. */
  readonly retentionDays: number;
  /** Makes spans of what is part of a trace; without it there are none. */
  readonly tracer?: Tracer | undefined;
}
