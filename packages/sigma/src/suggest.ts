/** The word that was most likely meant: one that is written almost the same, whatever the case; undefined: none is close. */
export function closest(word: string, words: Iterable<string>): string | undefined {
  const written = word.toLowerCase();
  if (written.length > maxLength) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of words) {
    // A third of the letters may be wrong, but no more than slip in by chance.
    const most = Math.min(2, Math.floor(Math.max(written.length, candidate.length) / 3));
    const longer = Math.abs(candidate.length - written.length);
    if (candidate === word || longer > Math.min(most, least)) continue;
    const distance = distanceOf(written, candidate.toLowerCase());
    // Of two that are as close, letters in the wrong order are likelier than one too few.
    const rank = longer === 0 ? distance : distance + 0.5;
    if (distance > most || rank >= least) continue;
    best = candidate;
    least = rank;
  }
  return best;
}

/** ` (did you mean "x"?)` to put behind the word in a sentence; empty when no word is close. */
export function didYouMean(word: unknown, words: Iterable<string>): string {
  const found = typeof word === "string" ? closest(word, words) : undefined;
  return found === undefined ? "" : ` (did you mean "${found}"?)`;
}

/** Longer words are no slips of the finger, and comparing them takes time. */
const maxLength = 80;

/** How many letters must be added, dropped, replaced or swapped with their neighbour to make one of the other. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(replaced, last[j]! + 1, row[j - 1]! + 1, swapped ? before[j - 2]! + 1 : Number.MAX_VALUE),
      );
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
