import { AuditFlowError } from "@auditflow/contracts";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import type { AmqpConnection } from "./amqp-connection.ts";
import type { Parcel } from "./amqp-parcel.ts";
import { Backoff } from "./backoff.ts";
import { callDeadlineMs, pause, withDeadline } from "./deadline.ts";
import type { Gate } from "./gate.ts";

/** A message that waits in this process; decoded when somebody looks at it. */
export interface Delivery {
  readonly message: ConsumeMessage;
  parcel?: Parcel;
}

/** One time of consuming, on one channel, from its start to the first trouble. */
export interface LaneSession {
  readonly channel: Channel;
  /** What was delivered and nobody took yet, oldest first. */
  readonly inbox: Delivery[];
  /** After outside trouble: one message at a time, to see whether it is over. */
  readonly probing: boolean;
  /** How many sessions of the lane this process has lived through: each may have had a message in hand and lost it. */
  readonly earlier: number;
}

/** What one lane of a subscription is made with. */
export interface AmqpLaneOptions {
  readonly connection: AmqpConnection;
  readonly queue: string;
  readonly declare: (channel: Channel) => Promise<void>;
  /** Messages delivered ahead. */
  readonly prefetch: number;
  /** Calls of `work` at one time. */
  readonly workers: number;
  /** Shared with the other lanes of the subscription. */
  readonly gate: Gate;
  /** How long the oldest message has to wait, in milliseconds, when so many wait here. */
  readonly wait: (message: ConsumeMessage, waiting: number) => number;
  /** Takes from the inbox and settles what it took; what it leaves unsettled goes back. Answers the trouble, if any. */
  readonly work: (session: LaneSession) => Promise<AuditFlowError | undefined>;
  readonly onTrouble: (error: unknown) => void;
}

type End = "stop" | "lost" | "trouble" | "probed";

/** Consumes one queue, again and again: after a lost connection, a deleted queue, and after trouble with a backoff. */
export class AmqpLane {
  readonly #options: AmqpLaneOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #reopening = new Backoff({ initialMs: 100, maxMs: 10_000 });
  readonly #troubled = new Backoff({ initialMs: 200, maxMs: 5_000 });
  #probing = false;
  #sessions = 0;
  #session: Session | undefined;

  constructor(options: AmqpLaneOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Takes no more, waits for the work in hand, hands back the rest. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#session?.end("stop");
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      const model = await this.#options.connection.whenUp(signal);
      if (model === undefined) return;
      const end = await this.#consume(model).catch((error: unknown) => this.#failed(error));
      this.#probing = end === "trouble" || (this.#probing && end === "lost");
      if (end === "trouble") await pause(this.#troubled.next(), signal);
      if (end === "lost") await pause(this.#reopening.next(), signal);
    }
  }

  #failed(error: unknown): End {
    this.#options.onTrouble(error);
    return "lost";
  }

  async #consume(model: ChannelModel): Promise<End> {
    const session = new Session(this.#probing, this.#sessions++);
    this.#session = session;
    await this.#open(model, session).catch((error: unknown) => {
      if (error instanceof AuditFlowError) this.#options.connection.sever(model, error.message);
      throw error;
    });
    this.#reopening.reset();
    if (this.#stop.signal.aborted) session.end("stop");
    const workers = Array.from({ length: session.probing ? 1 : this.#options.workers }, () =>
      this.#work(session),
    );
    const end = await session.ended;
    await this.#leave(session, workers);
    return end;
  }

  async #open(model: ChannelModel, session: Session): Promise<void> {
    const { queue, prefetch, declare } = this.#options;
    const opening = async () => {
      const channel = await model.createChannel();
      channel.on("error", (error) => this.#options.onTrouble(error));
      channel.on("close", () => session.end("lost"));
      session.channel = channel;
      await declare(channel);
      await channel.prefetch(session.probing ? 1 : prefetch);
      const { consumerTag } = await channel.consume(queue, (message) => {
        // null: the broker cancelled the consumer, because the queue was deleted.
        if (message === null) session.end("lost");
        else session.arrive({ message });
      });
      session.consumerTag = consumerTag;
    };
    await withDeadline(opening(), callDeadlineMs, `Consuming ${queue}`);
  }

  async #work(session: Session): Promise<void> {
    const { gate, wait, work } = this.#options;
    while (await session.hasWork()) {
      const [oldest] = session.inbox;
      if (oldest !== undefined) await session.pause(wait(oldest.message, session.inbox.length));
      await gate.enter();
      try {
        if (session.isOver) return;
        this.#after(session, await work(session));
      } catch (error) {
        this.#options.onTrouble(error);
        session.end("trouble");
      } finally {
        gate.leave();
      }
    }
  }

  #after(session: Session, trouble: AuditFlowError | undefined): void {
    if (trouble === undefined) {
      this.#troubled.reset();
      if (session.probing) session.end("probed");
      return;
    }
    this.#options.onTrouble(trouble);
    session.end("trouble");
  }

  async #leave(session: Session, workers: readonly Promise<void>[]): Promise<void> {
    const { channel } = session;
    try {
      await withDeadline(channel.cancel(session.consumerTag), callDeadlineMs, "Cancelling the consumer");
      for (const { message } of session.inbox.splice(0)) channel.nack(message, false, true);
    } catch {
      // The channel is gone, and the broker has everything back.
    }
    await Promise.all(workers);
    // Whatever is unsettled on it goes back to its place in the queue.
    await withDeadline(channel.close(), callDeadlineMs, "Closing the channel").catch(() => undefined);
  }
}

class Session implements LaneSession {
  readonly inbox: Delivery[] = [];
  readonly probing: boolean;
  readonly earlier: number;
  consumerTag = "";
  readonly #ended = Promise.withResolvers<End>();
  readonly #over = new AbortController();
  #channel: Channel | undefined;
  #arrival = Promise.withResolvers<void>();

  constructor(probing: boolean, earlier: number) {
    this.probing = probing;
    this.earlier = earlier;
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error("The session has no channel yet");
    return this.#channel;
  }

  set channel(channel: Channel) {
    this.#channel = channel;
  }

  get ended(): Promise<End> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  arrive(delivery: Delivery): void {
    this.inbox.push(delivery);
    this.#wake();
  }

  end(why: End): void {
    this.#ended.resolve(why);
    this.#over.abort();
    this.#wake();
  }

  async hasWork(): Promise<boolean> {
    while (!this.isOver) {
      if (this.inbox.length > 0) return true;
      await this.#arrival.promise;
    }
    return false;
  }

  async pause(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, this.#over.signal);
  }

  #wake(): void {
    const { resolve } = this.#arrival;
    this.#arrival = Promise.withResolvers();
    resolve();
  }
}
