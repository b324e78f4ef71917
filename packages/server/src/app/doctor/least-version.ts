import { type Found, fail, ok } from "./finding.ts";

/** Compares `3.10.8` with `3.10` number by number; a version that cannot be read counts as new enough. */
export function leastVersion(
  product: string,
  version: string,
  { least, fix }: { readonly least: string; readonly fix: string },
): Found {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const theirs = numbers(version);
  const differs = numbers(least).findIndex((number, place) => (theirs[place] ?? 0) !== number);
  const isOlder = differs >= 0 && (theirs[differs] ?? 0) < (numbers(least)[differs] ?? 0);
  if (theirs.length > 0 && isOlder) return fail(`${product} ${version} is older than ${least}`, fix);
  return ok(`${product} ${version}`);
}
