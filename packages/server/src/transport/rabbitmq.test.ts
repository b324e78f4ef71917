import { rabbitmqPlace } from "../../testing/rabbitmq-place.ts";
import { transportContract } from "./contract.ts";
import { rabbitmqTransport } from "./rabbitmq.ts";
import type { Transport } from "./transport.ts";

const clock = { now: () => Date.now() };

transportContract("rabbitmq", async () => {
  const place = await rabbitmqPlace(["somebody-else"]);
  const { url, prefix } = place;
  const opened: Transport[] = [];
  return {
    open: () => {
      const transport = rabbitmqTransport({ url, prefix, clock });
      opened.push(transport);
      return transport;
    },
    place: { kind: "rabbitmq", url, prefix },
    cleanup: async () => {
      await Promise.all(opened.map((transport) => transport.stop()));
      await place.remove();
    },
  };
});
