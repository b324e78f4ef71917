import type { ConsumeMessage } from "amqplib";
import { readTraceContext, type TraceContext, traceHeaders } from "../telemetry/trace-context.ts";
import { type Body, decodeJson, packBody, unpackBody } from "./body.ts";
import { jsonOf } from "./refusal.ts";
import type { Decode } from "./transport.ts";

/** A message as its reader sees it: the records that are still open, and how often they failed. */
export interface Parcel {
  readonly message: ConsumeMessage;
  readonly records: readonly unknown[];
  /** Where the open records stand in the decoded message. */
  readonly positions: readonly number[];
  /** 1 at first. */
  readonly attempt: number;
  /** Where all of them belong. */
  readonly trace: TraceContext | undefined;
}

/** What travels on when a parcel is not settled whole. */
export interface Remainder {
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | number>>;
}

const header = { attempt: "x-attempt", positions: "x-records", notBefore: "x-not-before" } as const;

/** Unpacks and decodes. Throws what the decoder throws. */
export function openParcel(message: ConsumeMessage, decode: Decode): Parcel {
  const decoded = decode(unpackBody(bodyOf(message)));
  const positions = openPositions(message, decoded.length);
  const records =
    positions.length === decoded.length ? decoded : positions.map((position) => decoded[position]);
  const attempt = Math.max(1, numberIn(message, header.attempt));
  return { message, records, positions, attempt, trace: traceOf(message) };
}

function traceOf({ properties: { headers } }: ConsumeMessage): TraceContext | undefined {
  const traceparent: unknown = headers?.["traceparent"];
  return traceparent === undefined ? undefined : readTraceContext(traceparent, headers?.["tracestate"]);
}

/** How often the message was in somebody's hands before without being settled, as far as the broker can say. */
export function timesDelivered(message: ConsumeMessage): number {
  // A classic queue counts nothing and says only whether this is the first time.
  return Math.max(numberIn(message, "x-delivery-count"), message.fields.redelivered ? 1 : 0);
}

/** Milliseconds from `now` until the message may be handed over; 0 when it may be at once. */
export function waitOf(message: ConsumeMessage, now: number): number {
  // A foreign clock must not hold a message for ever.
  return Math.min(30_000, Math.max(0, numberIn(message, header.notBefore) - now));
}

/** The message's body as it came. */
export function bodyOf(message: ConsumeMessage): Body {
  return { bytes: message.content, zstd: message.properties.contentEncoding === "zstd" };
}

/** A message with only the records at these places of `parcel.records`; such as a decoder of another form would read. */
export function remainderOf(
  parcel: Parcel,
  places: readonly number[],
  next: { attempt: number; notBefore?: number; decode: Decode },
): Remainder {
  const headers = {
    ...(parcel.trace === undefined ? {} : traceHeaders(parcel.trace)),
    [header.attempt]: next.attempt,
    ...(next.notBefore === undefined ? {} : { [header.notBefore]: String(next.notBefore) }),
  };
  if (next.decode === decodeJson) {
    return { body: packBody(JSON.stringify(places.map((place) => parcel.records[place]))), headers };
  }
  const positions = places.map((place) => parcel.positions[place]).join(",");
  return { body: bodyOf(parcel.message), headers: { ...headers, [header.positions]: positions } };
}

/** The bytes that stand for one refused record: the whole message's when the record is all of it. */
export function bytesOfRecord(parcel: Parcel, place: number): { bytes: Buffer; isJson: boolean } {
  const whole = unpackBody(bodyOf(parcel.message));
  const text = jsonOf(parcel.records[place]);
  const isWhole =
    parcel.records.length === 1 && parcel.message.properties.headers?.[header.positions] === undefined;
  if (isWhole && whole[0] !== openingBracket) return { bytes: whole, isJson: text !== undefined };
  return text === undefined ? { bytes: whole, isJson: false } : { bytes: Buffer.from(text), isJson: true };
}

const openingBracket = 0x5b;

function openPositions(message: ConsumeMessage, count: number): readonly number[] {
  const listed: unknown = message.properties.headers?.[header.positions];
  const all = Array.from({ length: count }, (_, position) => position);
  if (typeof listed !== "string") return all;
  const wanted = new Set(listed.split(",").map(Number));
  return all.filter((position) => wanted.has(position));
}

function numberIn(message: ConsumeMessage, name: string): number {
  const value = Number(message.properties.headers?.[name] ?? 0);
  return Number.isSafeInteger(value) ? value : 0;
}
