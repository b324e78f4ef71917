import { Text } from "@mantine/core";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric" });
const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });

/** A time (epoch milliseconds) in the zone of the reader: the day too unless it is today, never without its zone's name. */
export function formatTime(at: number): string {
  const date = new Date(at);
  const today = day.format(date) === day.format(new Date());
  return `${today ? "" : `${day.format(date)} `}${clock.format(date)} ${zoneName(date)}`;
}

/** The short name of the reader's zone at a time. */
export function zoneName(date: Date): string {
  return zone.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** A time as text for people, with the exact one (RFC 3339, UTC) for whoever points at it. */
export function Time({ at }: { readonly at: string }) {
  return (
    <Text component="time" dateTime={at} title={at} size="sm" inherit>
      {formatTime(Date.parse(at))}
    </Text>
  );
}
