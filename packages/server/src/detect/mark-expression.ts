import type { RuleExpression } from "@auditflow/sigma";

/** A condition in words over marks, which are positions in the `rules` of a correlation. */
export type MarkExpression =
  | { readonly kind: "has" | "lacks"; readonly mark: number }
  | { readonly kind: "and" | "or"; readonly of: readonly MarkExpression[] };

/** The words over rules as words over marks: each `not` is moved inwards, to single rules. */
export function markExpression(
  words: RuleExpression,
  rules: readonly string[],
  wanted = true,
): MarkExpression {
  if (words.kind === "not") return markExpression(words.of, rules, !wanted);
  if (words.kind === "rule") return { kind: wanted ? "has" : "lacks", mark: rules.indexOf(words.id) };
  const kind = (words.kind === "and") === wanted ? "and" : "or";
  return { kind, of: words.of.map((part) => markExpression(part, rules, wanted)) };
}

/** Whether the words are true where those marks are there of which it is told. */
export function isTrue(words: MarkExpression, isThere: (mark: number) => boolean): boolean {
  switch (words.kind) {
    case "has":
      return isThere(words.mark);
    case "lacks":
      return !isThere(words.mark);
    case "and":
      return words.of.every((part) => isTrue(part, isThere));
    case "or":
      return words.of.some((part) => isTrue(part, isThere));
  }
}

/** The marks that the words ask for (`has`) or refuse (`lacks`), each once, in ascending order. */
export function marksIn(words: MarkExpression, kind: "has" | "lacks"): readonly number[] {
  if ("of" in words)
    return [...new Set(words.of.flatMap((part) => marksIn(part, kind)))].sort((a, b) => a - b);
  return words.kind === kind ? [words.mark] : [];
}

/** What has to be true all at once. */
export function partsOf(words: MarkExpression): readonly MarkExpression[] {
  return words.kind === "and" ? words.of.flatMap(partsOf) : [words];
}

/** So many different marks have to be there at least for the words to be true; it may take more. */
export function leastMarks(words: MarkExpression): number {
  if (!("of" in words)) return words.kind === "has" ? 1 : 0;
  const least = words.of.map(leastMarks);
  if (words.kind === "or") return Math.min(...least);
  const taken = new Set<number>();
  let together = 0;
  for (const [n, part] of words.of.entries()) {
    const marks = marksIn(part, "has");
    // One mark may serve two parts.
    if (marks.some((mark) => taken.has(mark))) continue;
    together += least[n]!;
    for (const mark of marks) taken.add(mark);
  }
  return Math.max(together, ...least);
}
