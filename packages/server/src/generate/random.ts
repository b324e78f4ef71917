/** Random numbers that a seed decides: the same seed gives the same numbers, in the same order, everywhere. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  /** One of the members of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
}

/** The largest seed. */
export const maxSeed: number = 2 ** 32 - 1;

/** Numbers for what is only made up, never for secrets: mulberry32, a period of 2^32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { next, below, pick: (list) => list[below(list.length)]! };
}

/** Draws positions of a list by weight. */
export type Draw = (random: Random) => number;

/** Makes a draw in which a position with twice the weight comes twice as often, and one with weight 0 never. */
export function weighted(weights: readonly number[]): Draw {
  const ends: number[] = [];
  let total = 0;
  for (const weight of weights) {
    total += weight;
    ends.push(total);
  }
  return (random) => {
    const at = random.next() * total;
    return ends.findIndex((end) => at < end);
  };
}
