import { decodeJson } from "./body.ts";
import type { Origin } from "./refusal.ts";
import { type Handler, JsonText, type SubscribeOptions, type Subscription } from "./transport.ts";

/** A topic within this process of which every member gets every record; nothing is kept for who comes later. */
export class Broadcast {
  readonly #members = new Set<Member>();
  readonly #onTrouble: (origin: Origin, error: unknown) => void;

  /** `onTrouble` is told what a member's handler rejects with. */
  constructor(onTrouble: (origin: Origin, error: unknown) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Resolves when the records are written as JSON and on their way to whoever listens now. */
  async publish(topic: string, records: readonly object[]): Promise<void> {
    const texts = records.map((record) =>
      record instanceof JsonText ? record.text : JSON.stringify(record),
    );
    for (const member of this.#members) if (member.topic === topic) member.take(texts);
  }

  /** Adds a member. */
  subscribe({ topic, group, handler }: SubscribeOptions): Subscription {
    const onTrouble = (error: unknown) => this.#onTrouble({ topic, group }, error);
    const member = new Member(topic, handler, onTrouble);
    this.#members.add(member);
    return {
      stop: async () => {
        this.#members.delete(member);
        await member.settled();
      },
    };
  }
}

class Member {
  readonly topic: string;
  readonly #handler: Handler;
  readonly #onTrouble: (error: unknown) => void;
  #handling: Promise<unknown> = Promise.resolve();

  constructor(topic: string, handler: Handler, onTrouble: (error: unknown) => void) {
    this.topic = topic;
    this.#handler = handler;
    this.#onTrouble = onTrouble;
  }

  /** Each member gets objects of its own, one batch after the other. */
  take(texts: readonly string[]): void {
    const records = decodeJson(Buffer.from(`[${texts.join(",")}]`));
    this.#handling = this.#handling
      .then(() => this.#handler({ records, attempt: 1 }))
      .catch((error: unknown) => this.#onTrouble(error));
  }

  async settled(): Promise<void> {
    await this.#handling;
  }
}
