/** The time, handed to whatever needs it, so that a test can hold it. Only app/ and adapters make a real one. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** The one written form of a time: RFC 3339, UTC, milliseconds, `Z`. */
export function formatTimestamp(at: number): string {
  return new Date(at).toISOString();
}
