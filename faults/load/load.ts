import type { AuditEvent, IntakeResult } from "@auditflow/contracts";
import { until } from "../../packages/server/testing/until.ts";
import type { OracleClient } from "../oracle/oracle-client.ts";
import { type EventKind, eventOf } from "./event-of.ts";

/** What the load has seen so far. */
export interface LoadFacts {
  readonly claimed: number;
  readonly acked: number;
  readonly ackedInFault: number;
  /** Ids that were sent once more after they were acknowledged, and acknowledged again. */
  readonly resent: number;
  /** Ids that were sent again because nobody knows what became of the request. */
  readonly retried: number;
  /** Answers other than 202, by status. */
  readonly refused: Readonly<Record<number, number>>;
  /** Requests that were begun and ended without an answer. */
  readonly unanswered: number;
  /** Claimed and not acknowledged. */
  readonly outstanding: number;
  /** Requests that are under way now. */
  readonly requests: number;
  /** The newest Retry-After of a refusal. */
  readonly lastRetryAfter: string | undefined;
}

/** What a load is started with. */
export interface LoadOptions {
  readonly oracle: OracleClient;
  /** Base URL of the gateway now. */
  readonly intake: () => string;
  readonly random: () => number;
  /** Events a second. */
  readonly rate: number;
  /** Told when an event that must be taken was rejected. */
  readonly onRejected: (detail: string) => void;
}

const tickMs = 50;
const claimSize = 400;
const canaryShare = 0.1;
const duplicateShare = 0.02;
/** So many unacknowledged events at most: a service that is away for a minute is not met by a flood. */
const mostOutstanding = 4000;
const mostRequests = 12;
const batchSize = 100;
const retryAfterMs = 200;

/** Whether nobody listened: then nothing was taken. */
function wasRefused(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === "ECONNREFUSED";
}

/**
 * A sender as a careful one is: what was acknowledged is acknowledged, whatever else came of a request is sent again
 * under the same ids until it is. Some of what was acknowledged is sent once more.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #fresh: string[] = [];
  readonly #again: { ids: string[]; at: number }[] = [];
  readonly #duplicates: string[] = [];
  readonly #acked = new Set<string>();
  readonly #retried = new Set<string>();
  readonly #unreported: { inFault: string[]; outside: string[] } = { inFault: [], outside: [] };
  readonly #refused: Record<number, number> = {};
  readonly #counts = { claimed: 0, ackedInFault: 0, resent: 0, unanswered: 0 };
  #rate: number;
  #lastRetryAfter: string | undefined;
  #isFault = false;
  #isPaused = false;
  #mints = true;
  #requests = 0;
  #due = 0;
  #claiming = false;
  #timer: NodeJS.Timeout | undefined;
  #reporting: Promise<void> = Promise.resolve();
  #fault: Error | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#rate = options.rate;
  }

  /** Sends at its rate from now on. */
  start(): void {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due = Math.min(this.#due + ((now - last) * this.#rate) / 1000, this.#rate);
      last = now;
      this.#tick(now);
    }, tickMs);
  }

  facts(): LoadFacts {
    return {
      ...this.#counts,
      acked: this.#acked.size,
      retried: this.#retried.size,
      refused: { ...this.#refused },
      outstanding: this.#counts.claimed - this.#acked.size,
      requests: this.#requests,
      lastRetryAfter: this.#lastRetryAfter,
    };
  }

  /** Whether acknowledgements from now on fall inside the fault. */
  mark(isFault: boolean): void {
    this.#isFault = isFault;
  }

  /** Events a second from now on. */
  setRate(rate: number): void {
    this.#rate = rate;
  }

  /** Sends nothing until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** New events that the load does not send; tell `acked` once somebody took them. */
  async mint(kind: EventKind, count: number): Promise<AuditEvent[]> {
    const ids = await this.#options.oracle.claim({ canary: 0, group: 0, [kind]: count });
    this.#counts.claimed += ids.length;
    return ids.map(eventOf);
  }

  /** Tells of events that were acknowledged on another way. */
  async acked(ids: readonly string[]): Promise<void> {
    this.#noteAcked(ids);
    await this.#report();
  }

  /** Mints no more and resolves when everything was acknowledged and the oracle knows; rejects after `ms`. */
  async finish(ms = 90_000): Promise<void> {
    this.#mints = false;
    this.#isPaused = false;
    const isDone = (): boolean => {
      if (this.#fault !== undefined) throw this.#fault;
      return this.facts().outstanding === 0 && this.#requests === 0 && !this.#claiming;
    };
    await until(isDone, "every event was acknowledged", ms).finally(() => this.stop());
    await this.#report();
  }

  /** Sends nothing any more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(now: number): void {
    void this.#report();
    if (this.#isPaused) return;
    if (this.#mints && this.#fresh.length < claimSize && this.facts().outstanding < mostOutstanding)
      void this.#claim();
    while (this.#requests < mostRequests) {
      const waiting = this.#again.findIndex(({ at }) => at <= now);
      if (waiting >= 0) void this.#send(this.#again.splice(waiting, 1)[0]!.ids);
      else if (this.#due >= 1 && this.#fresh.length > 0) {
        const ids = this.#fresh.splice(0, Math.min(batchSize, Math.floor(this.#due)));
        this.#due -= ids.length;
        void this.#send(ids);
      } else break;
    }
  }

  async #claim(): Promise<void> {
    if (this.#claiming) return;
    this.#claiming = true;
    try {
      const canary = claimSize * canaryShare;
      const ids = await this.#options.oracle.claim({ canary, group: claimSize - canary });
      this.#counts.claimed += ids.length;
      const canaries = ids.splice(0, canary);
      // Spread evenly, so that each request holds some.
      for (const [index, id] of canaries.entries()) ids.splice(index * Math.round(1 / canaryShare), 0, id);
      this.#fresh.push(...ids);
    } catch (error) {
      this.#fault = error as Error;
    } finally {
      this.#claiming = false;
    }
  }

  async #send(ids: string[]): Promise<void> {
    this.#requests += 1;
    const duplicates = this.#duplicates.splice(0, batchSize);
    try {
      const answer = await this.#post([...ids, ...duplicates]);
      if (answer.status !== 202) {
        await answer.arrayBuffer();
        this.#refused[answer.status] = (this.#refused[answer.status] ?? 0) + 1;
        this.#lastRetryAfter = answer.headers.get("retry-after") ?? undefined;
        this.#sendAgain(ids);
        return;
      }
      const { items, rejected } = (await answer.json()) as IntakeResult;
      if (rejected > 0)
        this.#options.onRejected(JSON.stringify(items.find(({ status }) => status === "rejected")));
      this.#counts.resent += duplicates.length;
      this.#noteAcked(ids);
    } catch (error) {
      if (wasRefused(error)) {
        this.#sendAgain(ids);
        return;
      }
      this.#counts.unanswered += 1;
      for (const id of ids) this.#retried.add(id);
      this.#sendAgain(ids);
    } finally {
      this.#requests -= 1;
    }
  }

  #post(ids: readonly string[]): Promise<Response> {
    return fetch(`${this.#options.intake()}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ids.map(eventOf)),
      signal: AbortSignal.timeout(15_000),
    });
  }

  #sendAgain(ids: string[]): void {
    this.#again.push({ ids, at: performance.now() + retryAfterMs });
  }

  #noteAcked(ids: readonly string[]): void {
    for (const id of ids) {
      this.#acked.add(id);
      if (this.#options.random() < duplicateShare) this.#duplicates.push(id);
    }
    if (this.#isFault) this.#counts.ackedInFault += ids.length;
    (this.#isFault ? this.#unreported.inFault : this.#unreported.outside).push(...ids);
  }

  /** One report after the other, each of all that came meanwhile. */
  #report(): Promise<void> {
    const { inFault, outside } = this.#unreported;
    if (inFault.length + outside.length === 0) return this.#reporting;
    this.#reporting = this.#reporting
      .then(async () => {
        for (const [ids, isFault] of [
          [inFault, true],
          [outside, false],
        ] as const)
          if (ids.length > 0) await this.#options.oracle.acked(ids.splice(0), isFault);
      })
      .catch((error: unknown) => {
        this.#fault = error as Error;
      });
    return this.#reporting;
  }
}
