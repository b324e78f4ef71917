import type { Service } from "@auditflow/contracts";
import type { Transport } from "../transport/transport.ts";
import type { CommandLink } from "./command-link.ts";

/** Commands over the transport's broadcast; `group` names the process's service to the broker. */
export function transportCommandLink(transport: Transport, group: Service): CommandLink {
  return {
    send: (message) => transport.publish("commands", [message]),
    receive: (take) => {
      const subscription = transport.subscribe({
        topic: "commands",
        group,
        handler: async ({ records }) => {
          for (const record of records) take(record);
          return [];
        },
      });
      return () => subscription.stop();
    },
  };
}
