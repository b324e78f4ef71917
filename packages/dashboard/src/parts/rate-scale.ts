/** The most events per second that can be asked for. */
export const highestRate = 50_000;

/** The last of the slider's places: 0 is silence, from 1 on each place is the same factor above the one before. */
export const highestPlace = 100;
const slowestPlace = 1;
const slowestRate = 0.1;

const factor = (highestRate / slowestRate) ** (1 / (highestPlace - slowestPlace));

/** The rate at a place of the slider, two digits of it: nobody aims at 4,873. */
export function rateAt(place: number): number {
  if (place < slowestPlace) return 0;
  const rate = slowestRate * factor ** (place - slowestPlace);
  return Math.min(highestRate, Number(rate.toPrecision(2)));
}

/** The place of the slider that is nearest to a rate. */
export function placeOf(rate: number): number {
  if (rate <= 0) return 0;
  const place = slowestPlace + Math.log(rate / slowestRate) / Math.log(factor);
  return Math.round(Math.min(highestPlace, Math.max(slowestPlace, place)));
}

/** A number as somebody typed it, undefined when it is none or out of bounds. */
export function readNumber(
  typed: string | number,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const value = typeof typed === "number" ? typed : typed.trim() === "" ? Number.NaN : Number(typed);
  return Number.isFinite(value) && value >= min && value <= max ? value : undefined;
}
