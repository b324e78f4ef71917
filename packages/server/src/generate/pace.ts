import type { RateShape } from "@auditflow/contracts";

/** How many events there should be, over time. */
export interface RatePlan {
  readonly events_per_second: number;
  readonly shape: RateShape;
  readonly period_seconds: number;
  readonly burst_factor: number;
}

/** No plan asks for more than this, bursts included. */
export const maxRate = 50_000;

/** The share of each period that a burst lasts; it comes first. */
const burstShare = 0.1;

/**
 * Says how many events are due: the integral of the rate since the plan began, as whole events. What is left of one
 * event is kept, also over changes, so that the count of any stretch of time is right within one event and never
 * drifts. Times are milliseconds of a clock that only grows.
 *
 * constant: the rate. ramp: a straight line from the rate before to this one in a period, then the rate. burst: in the
 * first tenth of each period `burst_factor` times the rate but at most 50,000 events per second, in the rest of it the
 * rate; on average (0.9 + 0.1 * burst_factor) times the rate.
 */
export class Pace {
  #plan: RatePlan;
  #from: number;
  #began: number;
  /** When it was paused; undefined while it runs. */
  #pausedAt: number | undefined;
  /** The part of an event that the plans before left. */
  #carry = 0;
  #told = 0;

  constructor(plan: RatePlan, now: number) {
    this.#plan = plan;
    this.#from = plan.events_per_second;
    this.#began = now;
  }

  /** Follows another plan from now on. Events that are due and were not asked for are forgotten. */
  change(plan: RatePlan, now: number): void {
    const rest = this.#total(now) - this.#told;
    this.#carry = rest < 1 ? rest : rest - Math.floor(rest);
    this.#from = this.#plan.shape === "burst" ? this.#plan.events_per_second : this.rate(now);
    this.#told = 0;
    this.#plan = plan;
    this.#began = now;
    if (this.#pausedAt !== undefined) this.#pausedAt = now;
  }

  /** Stops the time of the plan. */
  pause(now: number): void {
    this.#pausedAt ??= now;
  }

  /** Goes on where it was paused. */
  resume(now: number): void {
    if (this.#pausedAt === undefined) return;
    this.#began += now - this.#pausedAt;
    this.#pausedAt = undefined;
  }

  /** Events per second that the plan asks for at this moment, paused or not. */
  rate(now: number): number {
    return rates[this.#plan.shape](this.#seconds(now), this.#plan, this.#from);
  }

  /** Whole events that became due since it was asked before. */
  due(now: number): number {
    // The least that an integral may lack by rounding must not cost an event a whole tick.
    const whole = Math.floor(this.#total(now) + 1e-7);
    const due = Math.max(0, whole - this.#told);
    this.#told += due;
    return due;
  }

  /** At least so many milliseconds pass until the next event is due; Infinity: none is. */
  wait(now: number): number {
    const fastest = this.#pausedAt === undefined ? this.#fastest() : 0;
    const missing = Math.max(0, this.#told + 1 - this.#total(now));
    return fastest === 0 ? Number.POSITIVE_INFINITY : (missing / fastest) * 1000;
  }

  #fastest(): number {
    const { shape, events_per_second: rate } = this.#plan;
    return shape === "burst" ? burstRate(this.#plan) : Math.max(rate, shape === "ramp" ? this.#from : 0);
  }

  #total(now: number): number {
    return this.#carry + integrals[this.#plan.shape](this.#seconds(now), this.#plan, this.#from);
  }

  #seconds(now: number): number {
    return Math.max(0, (this.#pausedAt ?? now) - this.#began) / 1000;
  }
}

function burstRate({ events_per_second: rate, burst_factor: factor }: RatePlan): number {
  return Math.min(rate * factor, maxRate);
}

type OverTime = Readonly<Record<RateShape, (seconds: number, plan: RatePlan, from: number) => number>>;

const rates: OverTime = {
  constant: (_seconds, { events_per_second: rate }) => rate,
  ramp: (seconds, { events_per_second: rate, period_seconds: period }, from) =>
    from + (rate - from) * Math.min(1, seconds / period),
  burst: (seconds, plan) => {
    const { events_per_second: rate, period_seconds: period } = plan;
    return seconds % period < burstShare * period ? burstRate(plan) : rate;
  },
};

const integrals: OverTime = {
  constant: (seconds, { events_per_second: rate }) => rate * seconds,
  ramp: (seconds, { events_per_second: rate, period_seconds: period }, from) => {
    const rising = Math.min(seconds, period);
    return from * rising + ((rate - from) * rising * rising) / (2 * period) + rate * (seconds - rising);
  },
  burst: (seconds, plan) => {
    const { events_per_second: rate, period_seconds: period } = plan;
    const extra = burstRate(plan) - rate;
    const periods = Math.floor(seconds / period);
    const burst = burstShare * period;
    return rate * seconds + extra * (periods * burst + Math.min(seconds - periods * period, burst));
  },
};
