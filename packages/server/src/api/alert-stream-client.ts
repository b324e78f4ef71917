import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AlertChange, StreamPlace } from "../alerts/changes.ts";
import { alertSummaryOf } from "../alerts/summary.ts";
import type { AlertStreamHub, ChangePage } from "./alert-stream-hub.ts";
import type { AlertView } from "./alert-view.ts";
import { encodeStreamPlace } from "./cursor.ts";

/** One client of the stream. */
export interface StreamClient {
  readonly hub: AlertStreamHub;
  /** An answer whose headers are sent. */
  readonly response: ServerResponse;
  /** Undefined: from now on. */
  readonly after: StreamPlace | undefined;
  readonly view: AlertView;
  /** How long it may take to make room for what waits, in milliseconds; then it is cut. */
  readonly patience: number;
  /** Ends the stream at once. */
  readonly signal: AbortSignal;
}

/** How long a client that was cut waits before it comes again, in milliseconds. */
const retryAfter = 1000;

/**
 * Sends `ready` and then every change that the client asked for, `gone` for an alert that it may have and no longer asks for, until the signal is aborted or the client takes too
 * long. A page waits for the one before, so that a slow client costs no more memory than one. Never rejects.
 */
export async function followStream(client: StreamClient): Promise<void> {
  const { hub, after, signal, view } = client;
  const leave = hub.join();
  try {
    let place = await hub.begin(after, signal);
    if (place === undefined || !(await write(client, readyFrame(place)))) return;
    while (true) {
      const page: ChangePage | undefined = await hub.next(place, signal);
      if (page === undefined) return;
      place = page.place;
      if (!(await write(client, framesOf(page, view)))) return;
    }
  } finally {
    leave();
  }
}

async function write({ response, signal, patience }: StreamClient, text: string): Promise<boolean> {
  if (signal.aborted) return false;
  if (text === "" || response.write(text)) return true;
  try {
    await once(response, "drain", { signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) });
    return true;
  } catch {
    // Not ended politely: what waits in the buffer would keep the connection, and the stop of the server.
    response.destroy();
    return false;
  }
}

function readyFrame(place: StreamPlace): string {
  const position = encodeStreamPlace(place);
  return `retry: ${retryAfter}\nid: ${position}\nevent: ready\ndata: ${JSON.stringify({ position })}\n\n`;
}

function framesOf({ changes, place }: ChangePage, view: AlertView): string {
  view.turn();
  const frames: string[] = [];
  let last: AlertChange | undefined;
  for (const change of changes) {
    const sight = view.sight(change);
    if (sight === "elsewhere") continue;
    frames.push(`id: ${encodeStreamPlace(change)}\n${sight === "seen" ? shown(change) : gone(change)}\n\n`);
    last = change;
  }
  // Without an event, so that who asks for little need not walk over all the rest when it resumes.
  if (last !== place) frames.push(`id: ${encodeStreamPlace(place)}\n\n`);
  return frames.join("");
}

function shown(change: AlertChange): string {
  return `event: alert\ndata: ${JSON.stringify(alertSummaryOf(change))}`;
}

function gone({ id }: AlertChange): string {
  return `event: gone\ndata: ${JSON.stringify({ alert_id: id })}`;
}
