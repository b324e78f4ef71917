const units: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4 };

/** How sizes are written in settings: `500MB`, `1.5 GB`, `2GiB`. */
export const byteSizePattern = "^[0-9]+([.][0-9]+)? ?[KkMGT]i?B$";

/** The bytes that a size written by `byteSizePattern` means; with an `i` the unit is a power of 1,024. */
export function byteSize(text: string): number {
  const [, number = "0", unit = "M", binary] = /^([\d.]+) ?([KMGT])(i?)B$/i.exec(text) ?? [];
  return Math.round(Number(number) * (binary === "" ? 1000 : 1024) ** (units[unit.toUpperCase()] ?? 0));
}
