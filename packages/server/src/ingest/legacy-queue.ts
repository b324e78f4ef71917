import { type AuditEvent, AuditFlowError, legacyEventsQueue } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { Handler, Subscription, Transport, Verdict } from "../transport/transport.ts";
import { eventIdOf } from "./event-id.ts";
import type { GatewayObserver } from "./gateway-observer.ts";
import { type IntakeContext, type Normalized, toEvent } from "./normalize-event.ts";
import type { RecordFault } from "./record-fault.ts";
import { type DecodedItem, decodeStrict } from "./strict-json.ts";

/** What the draining of the first AuditFlow's queue is started with. */
export interface LegacyQueueOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly observe: GatewayObserver;
}

/**
 * Moves what the services of the first AuditFlow publish from their queue to the topic `events`. A message is
 * acknowledged only when the transport has its events, so that a crash brings it again under the same id. What is no
 * event has no sender who waits for an answer: it goes to quarantine.
 */
export function drainLegacyQueue({ transport, clock, observe }: LegacyQueueOptions): Subscription {
  const handler: Handler = async ({ records, traces }) => {
    const context = contextAt(clock.now());
    const outcomes = records.map((record) => normalized(record, context));
    const events: AuditEvent[] = [];
    const onward: (TraceContext | undefined)[] = [];
    let legacyTimestamps = 0;
    for (const [place, outcome] of outcomes.entries()) {
      if ("fault" in outcome) continue;
      events.push(outcome.event);
      onward.push(traces?.[place]);
      if (outcome.legacyTimestamp) legacyTimestamps += 1;
    }
    if (events.length > 0) await transport.publish("events", events, traces && onward);
    // Told after the publish, which may fail and bring all of them again.
    observe.received(records.length);
    if (events.length > 0) observe.accepted(events.length);
    if (legacyTimestamps > 0) observe.legacyTimestamps(legacyTimestamps);
    return outcomes.map((outcome) => verdictOf(outcome, observe));
  };
  const decode = (body: Uint8Array): readonly unknown[] => decodeLegacy(body, observe);
  return transport.subscribe({ topic: legacyEventsQueue, group: "audit-event-gateway", decode, handler });
}

const source = `amqp:${legacyEventsQueue}`;

function contextAt(now: number): IntakeContext {
  return {
    receivedAt: formatTimestamp(now),
    source,
    newId: (text) => eventIdOf({ source, position: 0, text }),
  };
}

function normalized(record: unknown, context: IntakeContext): Normalized {
  if (record instanceof RefusedRecord) return { fault: record.fault };
  return toEvent({ value: record, text: JSON.stringify(record), canonical: true }, 0, context);
}

function verdictOf(outcome: Normalized, observe: GatewayObserver): Verdict {
  if (!("fault" in outcome)) return "ack";
  const { code, detail } = outcome.fault;
  observe.rejected(code, 1);
  return { quarantine: code, reason: detail };
}

/** One of several values of a message that was refused: in quarantine its body is the exact text, as a JSON string. */
class RefusedRecord {
  readonly fault: RecordFault;
  readonly #text: string;

  constructor(fault: RecordFault, text: string) {
    this.fault = fault;
    this.#text = text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** A message that is one refused value is refused whole, so that quarantine has its bytes. */
function decodeLegacy(body: Uint8Array, observe: GatewayObserver): readonly unknown[] {
  try {
    const { shape, items } = decodeStrict(body);
    const [only] = items;
    if (shape === "object" && only !== undefined && "fault" in only) {
      throw new AuditFlowError(only.fault.code, only.fault.detail, { faults: only.fault.errors ?? [] });
    }
    return items.map(recordOf);
  } catch (error) {
    if (error instanceof AuditFlowError) {
      observe.received(1);
      observe.rejected(error.code, 1);
    }
    throw error;
  }
}

/** Only the value travels on to the handler, so the text goes with it where it says more than the value. */
function recordOf(item: DecodedItem): unknown {
  if ("fault" in item) return new RefusedRecord(item.fault, item.text);
  const { value, text, canonical } = item;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (canonical || !isObject || Object.hasOwn(value, "raw")) return value;
  return { ...value, raw: text };
}
