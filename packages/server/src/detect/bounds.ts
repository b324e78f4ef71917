import type { CountCondition } from "@auditflow/sigma";

/** What a number has to be: all of these hold. */
export type Bounds = Pick<CountCondition, "gt" | "gte" | "lt" | "lte" | "eq" | "neq">;

type Operator = keyof Bounds;

/** One of the bounds, in the numbers that are compared. */
export type Limit<T extends number | bigint> = readonly [operator: Operator, bound: T];

const holds: Readonly<Record<Operator, <T extends number | bigint>(value: T, bound: T) => boolean>> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
  eq: (value, bound) => value === bound,
  neq: (value, bound) => value !== bound,
};

/** The bounds that are there, each bound as `convert` has it. */
export function limitsOf<T extends number | bigint>(
  bounds: Bounds,
  convert: (bound: number) => T,
): readonly Limit<T>[] {
  return Object.entries(bounds).map(([operator, bound]) => [operator as Operator, convert(bound)]);
}

/** Whether a number is within all limits. */
export function isWithin<T extends number | bigint>(value: T, limits: readonly Limit<T>[]): boolean {
  return limits.every(([operator, bound]) => holds[operator](value, bound));
}

/** Makes the test whether a number is within bounds. */
export function within(bounds: Bounds): (value: number) => boolean {
  const limits = limitsOf(bounds, (bound) => bound);
  return (value) => isWithin(value, limits);
}

/** A whole number from which on, upwards, the bounds say the same of all. */
export function beyond(bounds: Bounds): number {
  return Math.max(0, ...limitsOf(bounds, Math.ceil).map(([, bound]) => bound)) + 1;
}

/**
 * The k for which bounds on a count from 1 to `most` say "at least k", which a count that grows can never undo; undefined
 * for bounds that say anything else. Takes time linear in the greatest bound.
 */
export function thresholdOf(bounds: Bounds, most = Infinity): number | undefined {
  const isIn = within(bounds);
  const top = Math.min(most, beyond(bounds));
  let least = top + 1;
  while (least > 1 && isIn(least - 1)) least -= 1;
  if (least > top) return undefined;
  for (let count = 1; count < least; count += 1) if (isIn(count)) return undefined;
  return least;
}
