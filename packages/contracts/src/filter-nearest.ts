/** The longest word for which something near is looked for. */
const longest = 32;

/** The candidate that a word most likely stands for: the one it begins, else one that a typo or two away; or none. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  if (lower.length < 2 || lower.length > longest) return undefined;
  const begun = candidates.find((candidate) => candidate.startsWith(lower));
  if (begun !== undefined) return begun;
  const most = Math.max(1, Math.floor(lower.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: typosBetween(lower, candidate) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance)[0]?.candidate;
}

/** How many signs were added, left out, exchanged or swapped with the next one. */
function typosBetween(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    const above = rows[i - 1]!;
    for (let j = 1; j <= other.length; j += 1) {
      const exchanged = above[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, exchanged, swapped));
    }
    rows.push(row);
  }
  return rows[one.length]![other.length]!;
}
