/** The most characters of one string of a line. */
export const longestText = 2_000;

/**
 * The most bytes of a line: what a pipe takes whole or not at all (PIPE_BUF), so that no reader ever sees half a line,
 * whenever the process ends.
 */
export const longestLine = 4_096;

/**
 * What moves a cursor, ends a line for some reader or turns text around: DEL and C1, line and paragraph separators, the
 * marks of bidirectional text, and what has no width. JSON escapes C0 itself.
 */
const unsafe = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const everyUnsafe = new RegExp(unsafe, "g");

/** JSON text in which every such character is an escape: the same value, harmless to show. */
export function escapeUnsafe(json: string): string {
  return unsafe.test(json) ? json.replace(everyUnsafe, escaped) : json;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const everyControl = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text in which such a character, or a control character, stands as its escape, to be read by a person. */
export function visible(text: string): string {
  return text.replace(everyControl, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The text, cut to a length; how much was cut off is said at its end. */
export function cut(text: string, most: number = longestText): string {
  if (text.length <= most) return text;
  // A character of two units is not torn apart.
  const end = /[\ud800-\udbff]/.test(text[most - 1] ?? "") ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more)`;
}

/** How long its strings may be in a line that is too long as a whole, one try after the other. */
const shorter = [1_000, 500, 200, 80];

/** The fields that a line keeps when even short strings are too many. */
const essential = new Set([
  ...[
    "severity_text",
    "severity_number",
    "timestamp",
    "service.name",
    "service.version",
    "service.instance.id",
  ],
  ...["module", "event.name", "body", "repeated", "trace_id", "span_id"],
]);

/** A line of JSON text, its line end included, that keeps to `longestLine`. */
export function fitLine(line: string): string {
  // No character takes more than three bytes a unit.
  if (line.length * 3 <= longestLine || Buffer.byteLength(line) <= longestLine) return line;
  for (const most of shorter) {
    const tried = written(
      JSON.parse(line, (_key, value) => (typeof value === "string" ? cut(value, most) : value)),
    );
    if (Buffer.byteLength(tried) <= longestLine) return tried;
  }
  const kept = Object.entries(JSON.parse(line) as object).filter(([key]) => essential.has(key));
  const short = kept.map(([key, value]) => [key, typeof value === "string" ? cut(value, 150) : value]);
  return written({ ...Object.fromEntries(short), fields_cut: true });
}

function written(value: unknown): string {
  return `${escapeUnsafe(JSON.stringify(value))}\n`;
}
