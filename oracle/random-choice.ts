import { type Random, randomFrom } from "../faults/random-from.ts";

/** Draws that follow from a seed and nothing else. */
export interface Choice {
  /** A whole number from `least` to `most`, both included. */
  readonly int: (least: number, most: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** So many different ones, in the order of the list. */
  readonly some: <T>(from: readonly T[], n: number) => T[];
  /** Yes with this probability. */
  readonly chance: (probability: number) => boolean;
  /** Of a list the first ones more often than the last. */
  readonly uneven: <T>(from: readonly T[]) => T;
  /** A random UUID, version 4. */
  readonly uuid: () => string;
}

/** The same draws for the same seed. */
export function choiceFrom(seed: string): Choice {
  const random = randomFrom(seed);
  const int = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const pick = <T>(from: readonly T[]): T => from[int(0, from.length - 1)]!;
  return {
    int,
    pick,
    chance: (probability) => random() < probability,
    uneven: (from) => from[Math.floor(random() ** 2 * from.length)]!,
    uuid: () => uuidFrom(random),
    some: (from, n) => {
      const left = [...from.keys()];
      while (left.length > n) left.splice(int(0, left.length - 1), 1);
      return left.map((index) => from[index]!);
    },
  };
}

function uuidFrom(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
