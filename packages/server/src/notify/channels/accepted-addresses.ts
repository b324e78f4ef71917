/** Deliveries that are remembered, the newest; whoever is forgotten may get one mail twice. */
const mostDeliveries = 1000;

/**
 * Remembers which addresses took a delivery that was not taken by all, so that the next try goes to the rest alone.
 * Bounded, and gone with the process: the promise stays "at least once", and the `Message-ID` is the same.
 */
export class AcceptedAddresses {
  readonly #byDelivery = new Map<string, ReadonlySet<string>>();

  /** Which of the addresses have not taken the delivery yet, in their order. */
  waiting(deliveryId: string, addresses: readonly string[]): readonly string[] {
    const taken = this.#byDelivery.get(deliveryId);
    return addresses.filter((address) => taken?.has(address) !== true);
  }

  add(deliveryId: string, addresses: readonly string[]): void {
    if (addresses.length === 0) return;
    const before = this.#byDelivery.get(deliveryId) ?? new Set();
    this.#byDelivery.delete(deliveryId);
    this.#byDelivery.set(deliveryId, new Set([...before, ...addresses]));
    const oldest = this.#byDelivery.keys().next();
    if (this.#byDelivery.size > mostDeliveries && oldest.done !== true) this.#byDelivery.delete(oldest.value);
  }
}
