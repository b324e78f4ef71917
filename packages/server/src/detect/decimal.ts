/** A number without any error: `digits` divided by ten to the power of `places`, which may be below 0. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/** What `String` makes of a finite number, such as -12.5, 1e-7 or 1.5e+300, as exactly that number. */
export function decimalOf(text: string): Decimal {
  const [mantissa = "", exponent = "0"] = text.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), places: fraction.length - Number(exponent) };
}

/** The number times ten to the power of `places`, which is at least as much as the number has. */
export function scaled({ digits, places: own }: Decimal, places: number): bigint {
  return places === own ? digits : digits * 10n ** BigInt(places - own);
}

/** The number nearest to `digits` divided by ten to the power of `places`; never infinite. */
export function numberOf({ digits, places }: Decimal): number {
  const number = Number(`${digits}e${-places}`);
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number));
}
