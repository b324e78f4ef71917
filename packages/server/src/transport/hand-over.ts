import { AuditFlowError } from "@auditflow/contracts";
import { failpoint } from "#failpoint";
import type { Batch, Handler, Verdict } from "./transport.ts";

/** What a handler made of a batch. A record without a verdict goes back, and `trouble` says why. */
export interface HandedOver {
  /** One per record, in order; undefined where nothing is settled. */
  readonly verdicts: readonly (Verdict | undefined)[];
  /** The outside trouble that ended it: the subscription takes nothing until a backoff has passed. */
  readonly trouble: AuditFlowError | undefined;
}

const triesOnOurFault = 3;

/**
 * Calls the handler and turns whatever it does into verdicts. Never rejects. A fault of ours has the records tried
 * one by one; one that fails three times gets the verdict `handler_failed` with the stack. More than `maxRecords`, as
 * a single message may hold, go in rounds one after the other; after trouble the rest has no verdicts.
 */
export async function handOverInRounds(
  handler: Handler,
  batch: Batch,
  maxRecords: number,
): Promise<HandedOver> {
  if (batch.records.length === 0) return { verdicts: [], trouble: undefined };
  if (batch.records.length <= maxRecords) return await handOver(handler, batch);
  const verdicts: (Verdict | undefined)[] = new Array(batch.records.length).fill(undefined);
  for (let from = 0; from < verdicts.length; from += maxRecords) {
    const handed = await handOver(handler, partOf(batch, from, from + maxRecords));
    for (const [place, verdict] of handed.verdicts.entries()) verdicts[from + place] = verdict;
    if (handed.trouble !== undefined) return { verdicts, trouble: handed.trouble };
  }
  return { verdicts, trouble: undefined };
}

async function handOver(handler: Handler, batch: Batch): Promise<HandedOver> {
  try {
    return { verdicts: await answer(handler, batch), trouble: undefined };
  } catch (error) {
    if (isTrouble(error)) return { verdicts: batch.records.map(() => undefined), trouble: error };
    return await oneByOne(handler, batch);
  }
}

async function oneByOne(handler: Handler, batch: Batch): Promise<HandedOver> {
  const failures = batch.records.length === 1 ? 1 : 0;
  const verdicts: (Verdict | undefined)[] = new Array(batch.records.length).fill(undefined);
  for (const index of batch.records.keys()) {
    const verdict = await tryAlone(handler, partOf(batch, index, index + 1), failures);
    if (verdict instanceof AuditFlowError) return { verdicts, trouble: verdict };
    verdicts[index] = verdict;
  }
  return { verdicts, trouble: undefined };
}

/** Answers the record's verdict, or the outside trouble that kept it from having one. */
async function tryAlone(handler: Handler, batch: Batch, failures: number): Promise<Verdict | AuditFlowError> {
  for (let failed = failures; ; ) {
    try {
      const [verdict] = await answer(handler, {
        ...batch,
        attempt: batch.attempt + Math.max(1, failed),
      });
      return verdict ?? "ack";
    } catch (error) {
      if (isTrouble(error)) return error;
      failed += 1;
      if (failed >= triesOnOurFault) return { quarantine: "handler_failed", reason: stackOf(error) };
    }
  }
}

function partOf({ records, attempt, traces }: Batch, from: number, to: number): Batch {
  const part = { records: records.slice(from, to), attempt };
  return traces === undefined ? part : { ...part, traces: traces.slice(from, to) };
}

async function answer(handler: Handler, batch: Batch): Promise<readonly Verdict[]> {
  await failpoint("transport.received", batch.records);
  const verdicts = await handler(batch);
  if (verdicts.length === batch.records.length) return verdicts;
  throw new Error(`The handler gave ${verdicts.length} verdicts for ${batch.records.length} records`);
}

function isTrouble(error: unknown): error is AuditFlowError {
  return error instanceof AuditFlowError && error.retryable;
}

/** The stack of whatever was thrown, short enough to be stored with a record. */
export function stackOf(error: unknown): string {
  const text =
    error instanceof Error ? (error.stack ?? String(error)) : `Not an Error was thrown: ${String(error)}`;
  return text.slice(0, 8192);
}
