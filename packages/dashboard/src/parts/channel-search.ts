import type { DeliveryState } from "@auditflow/contracts";

/** Which deliveries the page of channels shows; it stands in the address. */
export interface ChannelsSearch {
  /** Id of the one channel. */
  readonly channel?: string;
  readonly state?: DeliveryState;
}

/** What can become of a delivery, in the order in which a person looks for it. */
export const deliveryStates = ["pending", "dead", "delivered", "cancelled"] as const;

/** Reads what stands in an address; what is none of it is left out. */
export function readChannelsSearch({ channel, state }: Readonly<Record<string, unknown>>): ChannelsSearch {
  const known = deliveryStates.find((one) => one === state);
  return {
    ...(typeof channel === "string" && /^[0-9a-f-]{36}$/i.test(channel) ? { channel } : {}),
    ...(known === undefined ? {} : { state: known }),
  };
}
