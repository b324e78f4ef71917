import { setTimeout as delay } from "node:timers/promises";
import type { AlertSummary } from "@auditflow/contracts";
import { createParser } from "eventsource-parser";

/** A client of the stream of alerts, as a browser is one: keeps the last id, and can be cut and resumed. */
export class AlertListener {
  /** Every alert that came, over all connections. */
  readonly alerts: AlertSummary[] = [];
  /** The ids that were told to be gone. */
  readonly gone: string[] = [];
  /** The id of the last event of each connection, `ready` included. */
  lastId: string | undefined;
  /** How often a connection became ready. */
  ready = 0;
  comments = 0;
  /** What the server asked to wait before the next try, in milliseconds. */
  retry: number | undefined;
  #connection: AbortController | undefined;
  #ended: Promise<number> = Promise.resolve(0);

  /** Connects and resolves with the status once the headers are there; `cutAfter` bytes it hangs up by itself. */
  async connect(url: string, options: { query?: string; cutAfter?: number } = {}): Promise<number> {
    const connection = new AbortController();
    this.#connection = connection;
    const headers = {
      accept: "text/event-stream",
      ...(this.lastId === undefined ? {} : { "last-event-id": this.lastId }),
    };
    const answer = await fetch(`${url}/api/v1/alerts/stream?${options.query ?? ""}`, {
      headers,
      signal: connection.signal,
    });
    this.#ended = this.#read(answer, options.cutAfter ?? Number.POSITIVE_INFINITY);
    return answer.status;
  }

  /** Resolves when the connection has ended, from either side, with the bytes that it brought. */
  ended(): Promise<number> {
    return this.#ended;
  }

  /** Hangs up. */
  async cut(): Promise<void> {
    this.#connection?.abort();
    await this.#ended;
  }

  /** Comes again and again, each time to the next server, cut after the next number of bytes, until told to end. */
  async persist(urls: readonly string[], cuts: () => number, signal: AbortSignal): Promise<void> {
    for (let n = 0; !signal.aborted; n += 1) {
      await this.connect(urls[n % urls.length]!, { cutAfter: cuts() });
      const stop = (): void => this.#connection?.abort();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      await this.#ended;
      signal.removeEventListener("abort", stop);
      await delay(1);
    }
  }

  async #read(answer: Response, cutAfter: number): Promise<number> {
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        this.lastId = id ?? this.lastId;
        if (event === "ready") this.ready += 1;
        else if (event === "gone") this.gone.push((JSON.parse(data) as { alert_id: string }).alert_id);
        else this.alerts.push(JSON.parse(data));
      },
      onComment: () => {
        this.comments += 1;
      },
      onRetry: (milliseconds) => {
        this.retry = milliseconds;
      },
    });
    const decoder = new TextDecoder();
    let bytes = 0;
    try {
      for await (const chunk of answer.body ?? []) {
        // Cut in the middle of whatever it is: half an event must not count.
        const taken = chunk.subarray(0, cutAfter - bytes);
        bytes += taken.length;
        parser.feed(decoder.decode(taken, { stream: true }));
        if (bytes >= cutAfter) this.#connection?.abort();
      }
    } catch {
      // Cut, by us or by the server: both are what the test is about.
    }
    return bytes;
  }
}
