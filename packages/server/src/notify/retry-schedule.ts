import { ExponentialBackoff, noJitterGenerator } from "cockatiel";
import type { SendOutcome } from "./channels/channel.ts";

/** How long a delivery that failed is tried: so many times, and no try is the last before so many milliseconds. */
export const patience = { tries: 20, forMs: 24 * 60 * 60 * 1000 } as const;

const backoff = new ExponentialBackoff({
  initialDelay: 5_000,
  maxDelay: 60 * 60 * 1000,
  generator: noJitterGenerator,
});

/** Milliseconds after the n-th try that failed (from 1): 5 s, doubling to an hour, less up to half of it by chance. */
export function retryDelay(tries: number, random: () => number): number {
  let step = backoff.next();
  for (let n = 1; n < tries; n++) step = step.next(undefined);
  return Math.round(step.duration * (1 - random() / 2));
}

/** Where a delivery stands in its schedule after a try. */
export interface Progress {
  /** Tries of the schedule, this one included. */
  readonly tries: number;
  /** When it began, epoch milliseconds. */
  readonly triesFrom: number;
  /** When the try ended, epoch milliseconds. */
  readonly now: number;
  /** At least 0, less than 1: so that what failed together does not come back together. */
  readonly random: () => number;
}

/** What becomes of a delivery after a try. */
export type NextStep =
  | { readonly state: "delivered" | "dead"; readonly detail: string }
  | { readonly state: "pending"; readonly detail: string; readonly nextAt: number };

/** Decides it. A receiver that asks for more time gets it, also beyond the day, and then one more try. */
export function nextStep(outcome: SendOutcome, { tries, triesFrom, now, random }: Progress): NextStep {
  const { detail, retryAfterMs = 0 } = outcome;
  if (outcome.outcome === "delivered") return { state: "delivered", detail };
  if (outcome.outcome !== "retry") return { state: "dead", detail };
  if (tries >= patience.tries || now - triesFrom >= patience.forMs) {
    return { state: "dead", detail: `Given up after ${tries} tries. The last one: ${detail}` };
  }
  return { state: "pending", detail, nextAt: now + Math.max(retryAfterMs, retryDelay(tries, random)) };
}
