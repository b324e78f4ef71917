import type { DependencyHealth, ErrorCode, Topic } from "@auditflow/contracts";
import type { Traces } from "../telemetry/trace-context.ts";

/** What a handler says of one record. `retry`: outside trouble with this record alone, try it again later. */
export type Verdict = "ack" | "retry" | { readonly quarantine: ErrorCode; readonly reason: string };

/** Records handed to a handler together. */
export interface Batch {
  /** Decoded records, in the order in which one publisher published them. */
  readonly records: readonly unknown[];
  /** 1 at first; more when these records failed before. Records that failed before come alone. */
  readonly attempt: number;
  /** Where the records belong, one per record and no part of it; absent when none is part of a trace. */
  readonly traces?: Traces;
}

/**
 * Settles a batch: one verdict per record, in the same order.
 *
 * - Resolves: each record is settled as told. A delivery is acknowledged only when all its records are settled;
 *   those to be retried or quarantined have been published again first.
 * - Rejects with a retryable AuditFlowError (a dependency is down): nothing is settled, the batch goes back, and
 *   the subscription takes nothing until a backoff with jitter has passed. For as long as it takes.
 * - Rejects with anything else (a fault of ours): the records are tried one by one; one that fails three times is
 *   quarantined with the stack (`handler_failed`), its neighbours unharmed.
 */
export type Handler = (batch: Batch) => Promise<readonly Verdict[]>;

/**
 * Turns the bytes of one message into records. Throws an AuditFlowError to have the message quarantined as it is.
 * The default takes one JSON value or an array of them, strict UTF-8.
 */
export type Decode = (body: Uint8Array) => readonly unknown[];

/** What is taken, by whom, and how much at a time. */
export interface SubscribeOptions {
  /** A topic, or the name of a queue of the first AuditFlow, which is declared as it declares it. */
  readonly topic: Topic | "audit_events";
  /**
   * Every group gets every record; the members of a group share them. By convention the service's name. Of a broadcast
   * every member gets every record, once at most, in a batch of its own; what the handler answers is not looked at, and
   * what it rejects with, or a message that cannot be decoded, goes no further.
   */
  readonly group: string;
  readonly handler: Handler;
  /** Most records in one batch (default 1,000). Whatever waits is handed over together. */
  readonly maxRecords?: number;
  /**
   * How long a batch that is not full may wait for more, in milliseconds (default 0: not at all). SQLite never waits: a
   * batch costs it no more than its records do.
   */
  readonly linger?: number;
  /** Most batches in the handler at one time (default 1, which keeps the order of each publisher). */
  readonly concurrency?: number;
  readonly decode?: Decode;
}

/** A group's member that takes records until it is stopped. */
export interface Subscription {
  /** Takes no more, waits until the handler has settled what it holds, hands back the rest. Idempotent. */
  stop(): Promise<void>;
}

/**
 * A record whose JSON text is known: it travels as this very text, which is not parsed, checked or written again. The
 * text is one valid JSON object, as `JSON.stringify` would write it.
 */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For whoever writes it as any other record. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/**
 * Moves records between the services: at least once, durable, in the order of each publisher unless a record is
 * retried. Safe for any number of callers at once.
 *
 * A server that is down never makes a call throw synchronously nor the process stop: the adapter reconnects with
 * jittered backoff and re-declares topology and consumers.
 */
export interface Transport {
  /**
   * Resolves when the transport owns every record (broker confirm; on SQLite: committed and fsynced). A record is
   * written as JSON during the call; a `JsonText` is that already. Calls made close together travel together.
   *
   * Rejects with `transport_unavailable` after at most 10 s; the outcome is then unknown and the caller may publish
   * the same records again. Rejects at once, owning nothing, with `overloaded` when too much waits already, with
   * `too_large` when a record is more than a message holds, and with `draining` after `stop`.
   *
   * A broadcast (`isBroadcast`) is for whoever listens now, in any process: nothing is kept, nobody listening is no
   * error, and what cannot be passed on at once, or within 2 s, rejects with `transport_unavailable`.
   *
   * `traces` travels with the records to each handler (not with a broadcast). Records with different contexts never
   * share a message.
   */
  publish(topic: Topic, records: readonly object[], traces?: Traces): Promise<void>;
  /** Declares group and queue, and takes records from then on, now or as soon as the server is there. */
  subscribe(options: SubscribeOptions): Subscription;
  /**
   * How many messages wait for the slowest group of the topic, at most 250 ms ago; those in a handler's hands, or
   * fetched for it, are not counted. SQLite counts no further than 100,000. Never rejects, and answers within 2 s:
   * undefined when it is not known, because the server is down or hangs, or after `stop`.
   */
  backlog(topic: Topic): Promise<number | undefined>;
  /** What the adapter knows at this moment; never waits. */
  health(): DependencyHealth;
  /** Stops every subscription, flushes pending publishes, closes; at most 5 s, also when the server hangs. */
  stop(): Promise<void>;
}
