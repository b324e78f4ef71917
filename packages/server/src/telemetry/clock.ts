/** The time, handed to whatever needs it, so that a test can hold it. Only app/ and adapters make a real one. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The one written form of a time: RFC 3339, UTC, milliseconds, `Z`. */
export function formatTimestamp(at: number): string {
  const whole = Math.trunc(at);
  const minute = Math.floor(whole / 60_000);
  if (minute !== lastMinute) {
    lastText = new Date(at).toISOString().slice(0, -"46.000Z".length);
    lastMinute = minute;
  }
  const rest = String(whole - minute * 60_000).padStart(5, "0");
  return `${lastText}${rest.slice(0, 2)}.${rest.slice(2)}Z`;
}

// Writing a time takes as long as parsing the line it stands in, and times that follow each other share their minute.
let lastMinute = Number.NaN;
let lastText = "";
