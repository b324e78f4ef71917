/** Where in a document: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Takes a fault of the rule being read; reading goes on, so that all faults of a rule are told at once. */
export type Report = (path: Path, message: string) => void;

/** The words in a sentence: `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
