import type { ChannelRow, DeliveryRow } from "../database/schema.ts";
import type { Tracer } from "../telemetry/trace.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { SendOutcome } from "./channels/channel.ts";

/** Of a try, what its span says. */
export interface SendSpan {
  readonly tracer: Tracer | undefined;
  readonly channel: Pick<ChannelRow, "channel_id" | "kind">;
  readonly delivery: Pick<DeliveryRow, "delivery_id" | "attempts" | "traceparent">;
}

/**
 * Makes one try in a span of the trace of the alert that the delivery tells of, and gives it what the receiver is to
 * continue: without a tracer the alert's own place in the trace, and nothing when it is in none.
 */
export async function inSendSpan(
  { tracer, channel, delivery }: SendSpan,
  send: (trace: TraceContext | undefined) => Promise<SendOutcome>,
): Promise<SendOutcome> {
  const parent = delivery.traceparent ?? undefined;
  if (tracer === undefined || parent === undefined) return await send(parent);
  const span = tracer.start(`deliver ${channel.kind}`, {
    kind: "client",
    parent,
    attributes: {
      "auditflow.channel.kind": channel.kind,
      "auditflow.channel.id": channel.channel_id,
      "auditflow.delivery.id": delivery.delivery_id,
      "auditflow.delivery.attempt": delivery.attempts + 1,
    },
  });
  // A sender never rejects.
  const tried = await tracer.run(span, () => send(span.context ?? parent));
  const { outcome, status } = tried;
  if (status !== undefined)
    span.set({ [channel.kind === "email" ? "smtp.response.code" : "http.response.status_code"]: status });
  span.end(outcome === "delivered" ? undefined : outcome);
  return tried;
}
