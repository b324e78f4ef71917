import type { AuditEvent } from "@auditflow/contracts";
import type { Bench } from "../case.ts";

/** What intake said to a request. */
export interface IntakeAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** Sends events beside the load, once; rejects when nothing was answered in 15 s. */
export async function postEvents({ system }: Bench, events: readonly AuditEvent[]): Promise<IntakeAnswer> {
  const answer = await fetch(`${system.intake()}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(15_000),
  });
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get("retry-after") };
}

/** Has events accepted, by as many requests as that takes, and tells the oracle. */
export async function deliverEvents(bench: Bench, events: readonly AuditEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += 500) {
    const part = events.slice(from, from + 500);
    const isTaken = (): Promise<boolean> =>
      postEvents(bench, part).then(
        ({ status }) => status === 202,
        () => false,
      );
    await bench.until(isTaken, "intake takes events", 60_000);
    await bench.load.acked(part.map(({ event_id }) => event_id));
  }
}
