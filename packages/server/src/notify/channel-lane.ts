import type { ChannelRow } from "../database/schema.ts";
import type { Sender, SendOutcome } from "./channels/channel.ts";

/** How many notices are on their way to one channel at a time. */
const mostInHand = 4;

/** The way to one version of a channel: its sender, what is on its way, and until when it is to be left alone. */
export class ChannelLane {
  readonly channel: ChannelRow;
  readonly sender: Sender;
  #inHand = 0;
  #pausedUntil = 0;
  #isRetired = false;

  constructor(channel: ChannelRow, sender: Sender) {
    this.channel = channel;
    this.sender = sender;
  }

  /** How many more may be sent now. */
  free(now: number): number {
    return now < this.#pausedUntil ? 0 : mostInHand - this.#inHand;
  }

  /** Whether nothing is on its way and nothing is remembered. */
  isIdle(now: number): boolean {
    return this.#inHand === 0 && now >= this.#pausedUntil;
  }

  /** Runs a send, counted; the sender of a retired lane is stopped after the last one. */
  async run(work: () => Promise<void>): Promise<void> {
    this.#inHand++;
    try {
      await work();
    } finally {
      this.#inHand--;
      await this.#stopIfDone();
    }
  }

  /** Leaves the whole channel alone when the receiver asked for it: its other notices would be refused as well. */
  heed({ retryAfterMs }: SendOutcome, now: number): void {
    if (retryAfterMs !== undefined) this.#pausedUntil = now + retryAfterMs;
  }

  /** Stops the sender as soon as nothing is on its way. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.#stopIfDone();
  }

  async #stopIfDone(): Promise<void> {
    if (this.#isRetired && this.#inHand === 0) await this.sender.stop?.();
  }
}
