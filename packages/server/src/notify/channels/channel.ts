import type { FieldFault, Notice } from "@auditflow/contracts";
import type Type from "typebox";
import type { Clock } from "../../telemetry/clock.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { TraceContext } from "../../telemetry/trace-context.ts";
import type { Resolve } from "./allowed-address.ts";

/**
 * What became of one try. `delivered`: the receiver took it. `retry`: outside trouble, the same notice may work later.
 * `rejected`: it will not work until somebody changes something. `gone`: the receiver asks never to be called again.
 */
export interface SendOutcome {
  readonly outcome: "delivered" | "retry" | "rejected" | "gone";
  /** The code the receiver answered with, of HTTP or SMTP; absent when there was no answer. */
  readonly status?: number;
  /** One sentence for people, at most 500 characters of one line, without secrets. */
  readonly detail: string;
  /** With `retry` alone: the receiver asks to be left alone so many milliseconds; at most 24 hours. */
  readonly retryAfterMs?: number;
}

/** Tells notices to one receiver. */
export interface Sender {
  /**
   * Makes one try and never a second one. Never rejects, and ends within the deadline whatever the receiver does; when
   * `signal` is aborted it ends at once with `retry`, and the receiver may or may not have got the notice. May be
   * called many times at once. `trace` is what the receiver is to continue, where its protocol has a place for it.
   */
  send(notice: Notice, signal: AbortSignal, trace?: TraceContext): Promise<SendOutcome>;
  /** Lets go of what is open; waits for nothing. Idempotent. */
  stop?(): Promise<void>;
}

/** What every sender is made with. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long one try may take, in milliseconds; 15,000 when left out. */
  readonly deadlineMs?: number;
  /** `smtp://user:password@host:587` or `smtps://…`; without it the kind `email` rejects every notice. */
  readonly smtpUrl?: string;
  /** Hosts, addresses and CIDR ranges that may be called although they are not public. */
  readonly allowedReceivers: readonly string[];
  /** Where people find AuditFlow's page. */
  readonly baseUrl?: string;
  /** Asks for the addresses of a name; the system's resolver when left out. */
  readonly resolve?: Resolve;
}

/** Settings as they are stored: a JSON object that fits the kind's schema. */
export type ChannelSettings = Readonly<Record<string, unknown>>;

/** One way to tell people. All of it is total: settings that do not fit the schema never throw. */
export interface ChannelKind {
  /** The schema of the settings; unknown fields are refused. */
  readonly settings: Type.TObject;
  /** Settings that are never shown again once stored. */
  readonly secrets: readonly string[];
  /** Where it goes, in a few words without secrets. */
  describe(settings: ChannelSettings): string;
  /** Adds what we make when it is absent, such as a signing secret; `random` gives so many random bytes. */
  complete(settings: ChannelSettings, random: (length: number) => Uint8Array): ChannelSettings;
  /** What is wrong with the settings in these surroundings, for who adds a channel; asks the resolver, ends in 5 s. */
  check(settings: ChannelSettings, surroundings: Surroundings): Promise<readonly FieldFault[]>;
  /** Makes the sender; opens nothing. Settings that do not fit give a sender that rejects every notice. */
  create(settings: ChannelSettings, surroundings: Surroundings): Sender;
}
