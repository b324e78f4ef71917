import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type AuditEvent, AuditFlowError, type ErrorCode, limits } from "@auditflow/contracts";
import { systemClock } from "../app/system-clock.ts";
import { readRecords } from "../ingest/read-records.ts";
import { SplitLines } from "../ingest/split-lines.ts";
import type { Server } from "./connect-server.ts";
import { type InputOptions, readOptions } from "./input.ts";
import { postEvents } from "./post-events.ts";

/** Between rsyslog and a gateway. */
export interface OmprogFeed {
  /** What rsyslog writes: each line an id (`%uuid%`), a blank, and the message. */
  readonly lines: AsyncIterable<Buffer>;
  /** Tells rsyslog one line. */
  readonly answer: (line: string) => Promise<void>;
  /** Tells whoever looks after it that a message was refused for good, or that all of them are held up. */
  readonly complain: (words: string) => void;
  readonly server: Server;
  readonly input: InputOptions;
}

/** How long one try may take, in milliseconds, and the pauses between two. */
const patience = 20_000;
const shortestPause = 250;
const longestPause = 5_000;

/**
 * Sends each message of rsyslog's omprog (confirmMessages="on") to the gateway, for as long as it takes, and confirms
 * it only once the gateway has it. Whatever is not confirmed stays in rsyslog's queue and comes again under its id, so
 * nothing is lost or doubled however anything ends. A message that is no event is complained of and confirmed: it must
 * not hold up the others for ever. Resolves when rsyslog closes the input.
 */
export async function feedFromOmprog(feed: OmprogFeed): Promise<void> {
  const lines = new SplitLines(limits.eventBytes + idLength + 1, bytesOf);
  await feed.answer("OK");
  for await (const chunk of feed.lines) {
    for (const { content } of lines.push(chunk)) {
      await settle(content, feed);
      await feed.answer("OK");
    }
  }
}

function bytesOf(chunk: Buffer, start: number, end: number): Buffer {
  return chunk.subarray(start, end);
}

/** Hexadecimal digits of what rsyslog calls a UUID. */
const idLength = 32;
const idForm = /^[0-9A-F]{32}$/i;

async function settle(line: Buffer | undefined, feed: OmprogFeed): Promise<void> {
  if (line === undefined) return feed.complain("refused: a message longer than 256 KiB");
  const id = line.subarray(0, idLength).toString("latin1");
  if (!idForm.test(id) || line[idLength] !== 0x20)
    throw new AuditFlowError(
      "invalid_config",
      `The template is wrong: each line begins with %uuid% and a blank, not ${id}`,
    );
  const message = line.subarray(idLength + 1);
  for await (const { records } of readRecords(Readable.from([message]), settings(feed.input))) {
    for (const { event, fault } of records) {
      if (fault !== undefined) feed.complain(`refused: ${id}: ${fault.detail} (${fault.code})`);
      if (event !== undefined) await deliver(named(event, id, message), feed);
    }
  }
}

function settings(input: InputOptions): Parameters<typeof readRecords>[1] {
  return { ...readOptions(input), source: "rsyslog", now: 0, clock: systemClock };
}

/** An event that says who it is keeps its own id. */
function named(event: AuditEvent, id: string, message: Buffer): AuditEvent {
  if (message[0] === 0x7b && message.includes('"event_id"')) return event;
  const hex = id.toLowerCase();
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return { ...event, event_id: parts.join("-") };
}

/** What no repetition changes: the message itself is at fault. */
const faultsOfMessages: ReadonlySet<ErrorCode> = new Set([
  "invalid_event",
  "malformed_json",
  "invalid_utf8",
  "unsafe_json",
  "too_large",
]);

/** Tries until the gateway has it: to answer rsyslog with a failure would only have it do the same, and say less. */
async function deliver(event: AuditEvent, { server, complain }: OmprogFeed): Promise<void> {
  const body = `[${JSON.stringify(event)}]`;
  for (let pause = shortestPause; ; pause = Math.min(pause * 2, longestPause)) {
    const outcome = await postEvents(server, body, patience);
    const isFirst = pause === shortestPause;
    if ("items" in outcome) {
      if (!isFirst) complain("delivered again");
      return;
    }
    if (faultsOfMessages.has(outcome.code)) return complain(`refused: ${event.event_id}: ${outcome.why}`);
    if (isFirst) complain(`not delivered, it is tried again until it is: ${outcome.why}`);
    await delay(pause * (0.5 + Math.random() / 2));
  }
}
