/** A text in the form in which texts that differ in case only are equal. */
export function fold(text: string): string {
  // The one capital that would become two characters stays, so that a character of a text is one of its folded form.
  if (text.includes("İ")) return text.split("İ").map(fold).join("İ");
  const lower = text.toLowerCase();
  // Lower-casing writes a Greek sigma at a word's end differently, which would hide it inside a longer word.
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

/** The text by which a value is compared: objects as JSON; undefined when it has none (null, functions). */
export function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? undefined : jsonOf(value);
    default:
      return undefined;
  }
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // A cycle or a bigint inside: records read from JSON have neither, and matching must not fail.
    return undefined;
  }
}
