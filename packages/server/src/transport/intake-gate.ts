import type { AuditFlowError } from "@auditflow/contracts";
import type { Transport } from "./transport.ts";

/**
 * The same transport, except that it takes no new events while `refusal` answers with an error: publishing them
 * rejects with it at once, owning nothing. All else goes on, so that what waits is worked off.
 */
export function intakeGate(transport: Transport, refusal: () => AuditFlowError | undefined): Transport {
  return {
    publish: async (topic, records, traces) => {
      const error = topic === "events" ? refusal() : undefined;
      if (error !== undefined) throw error;
      await transport.publish(topic, records, traces);
    },
    subscribe: (options) => transport.subscribe(options),
    backlog: (topic) => transport.backlog(topic),
    health: () => transport.health(),
    stop: () => transport.stop(),
  };
}
