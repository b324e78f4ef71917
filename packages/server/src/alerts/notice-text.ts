import type { Notice } from "@auditflow/contracts";

/** UTF-16 units that the JSON of a stored notice stays under, less than what its column takes. */
const longestNotice = 60_000;

/** How long each text in it may be, from the most generous; the first that makes the whole fit is taken. */
const textLimits = [longestNotice, 4096, 1024, 256] as const;

/**
 * The JSON of a notice as the outbox keeps it, which a database never refuses: NUL and halves of characters are
 * replaced, and texts are cut until the whole fits.
 */
export function noticeText(notice: Notice): string {
  for (const limit of textLimits) {
    const text = JSON.stringify(notice, (_key, value) => storable(value, limit));
    if (text.length < longestNotice) return text;
  }
  // An alert with a multitude of inner fields; the incident says the same in short.
  return JSON.stringify({ ...notice, alert: null }, (_key, value) => storable(value, 256));
}

function storable(value: unknown, limit: number): unknown {
  if (typeof value !== "string") return value;
  const cut = value.length <= limit ? value : `${value.slice(0, limit - 1)}…`;
  return cut.replaceAll("\0", "\u2400").toWellFormed();
}
