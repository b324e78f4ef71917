import type { QuarantinedRecord } from "@auditflow/contracts";
import type { Batch, Handler, SubscribeOptions, Transport } from "../src/transport/transport.ts";
import type { Place } from "./transport-child.ts";

/** What a promise is checked on. */
export interface Subject {
  readonly transport: Transport;
  /** Stops the transport in good order and opens another on the same place. */
  reopen(): Promise<Transport>;
  readonly place: Place | undefined;
}

/** The records of these tests. */
export interface Numbered {
  readonly id: number;
}

/** The group of the topology that reads events. */
export const events = { topic: "events", group: "audit-log-analysis" } as const;
/** The group of the topology that reads what was refused. */
export const quarantine = { topic: "quarantine", group: "notification-service" } as const;
/** Acknowledges everything. */
export const ackAll: Handler = async ({ records }) => records.map(() => "ack");

/** `count` records with the ids from `from` on. */
export function numbered(count: number, from = 0): Numbered[] {
  return Array.from({ length: count }, (_, index) => ({ id: from + index }));
}

/** Subscribes and keeps what comes; by default everything is acknowledged. */
export function collect(
  transport: Transport,
  options: Partial<SubscribeOptions> & Pick<SubscribeOptions, "topic" | "group">,
): { ids: number[]; batches: Batch[]; stop: () => Promise<void> } {
  const ids: number[] = [];
  const batches: Batch[] = [];
  const answer = options.handler ?? ackAll;
  const handler: Handler = async (batch) => {
    batches.push(batch);
    for (const record of batch.records) ids.push((record as Numbered).id);
    return await answer(batch);
  };
  const subscription = transport.subscribe({ ...options, handler });
  return { ids, batches, stop: () => subscription.stop() };
}

/** Subscribes to what was refused and keeps it. */
export function collectQuarantine(transport: Transport): QuarantinedRecord[] {
  const refused: QuarantinedRecord[] = [];
  const handler: Handler = async ({ records }) => {
    refused.push(...(records as QuarantinedRecord[]));
    return records.map(() => "ack");
  };
  transport.subscribe({ ...quarantine, handler });
  return refused;
}

/** Each id once, in order. */
export function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** The ids of records, in their order. */
export function idsOf(records: readonly Numbered[]): number[] {
  return records.map(({ id }) => id);
}

/** Subscribes to events with a handler that does its own keeping. */
export function subscribeEvents(transport: Transport, handler: Handler): void {
  transport.subscribe({ ...events, handler });
}
