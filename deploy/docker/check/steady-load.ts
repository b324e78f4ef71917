import { setTimeout as pause } from "node:timers/promises";
import { postEvents, tellingEvent } from "../../../scenarios/telling-event.ts";

/** Events of one request. */
const batchSize = 20;
const betweenMs = 40;

/**
 * Sends events that are an alert each, each on a host of its own, about 500 a second, as a careful sender does: whatever
 * was not acknowledged is sent again under the same ids until it is.
 */
export class SteadyLoad {
  readonly #url: string;
  readonly #token: string;
  readonly #hosts = new Set<string>();
  #isOn = true;
  readonly #done: Promise<void>;

  /** Starts at once. */
  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#done = this.#send();
  }

  /** Sends no more; resolves to the hosts of all that was acknowledged, once everything begun is. */
  async stop(): Promise<ReadonlySet<string>> {
    this.#isOn = false;
    await this.#done;
    return this.#hosts;
  }

  async #send(): Promise<void> {
    while (this.#isOn) {
      const events = Array.from({ length: batchSize }, () => tellingEvent());
      while (!(await this.#isTaken(events))) await pause(200);
      for (const event of events) this.#hosts.add(event.server_hostname);
      await pause(betweenMs);
    }
  }

  async #isTaken(events: Parameters<typeof postEvents>[1]): Promise<boolean> {
    try {
      const answer = await postEvents(this.#url, events, { authorization: `Bearer ${this.#token}` });
      await answer.arrayBuffer();
      return answer.status === 202;
    } catch {
      return false;
    }
  }
}
