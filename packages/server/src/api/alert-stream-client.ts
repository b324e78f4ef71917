import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AlertChange, StreamPlace } from "../alerts/changes.ts";
import type { AlertSelection } from "../alerts/queries.ts";
import type { AlertStreamHub, ChangePage } from "./alert-stream-hub.ts";
import { encodeStreamPlace } from "./cursor.ts";

/** One client of the stream. */
export interface StreamClient {
  readonly hub: AlertStreamHub;
  /** An answer whose headers are sent. */
  readonly response: ServerResponse;
  /** Undefined: from now on. */
  readonly after: StreamPlace | undefined;
  readonly selection: AlertSelection;
  /** How long it may take to make room for what waits, in milliseconds; then it is cut. */
  readonly patience: number;
  /** Ends the stream at once. */
  readonly signal: AbortSignal;
}

/** How long a client that was cut waits before it comes again, in milliseconds. */
const retryAfter = 1000;

/**
 * Sends `ready` and then every change that the client asked for, until the signal is aborted or the client takes too
 * long. A page waits for the one before, so that a slow client costs no more memory than one. Never rejects.
 */
export async function followStream(client: StreamClient): Promise<void> {
  const { hub, after, signal, selection } = client;
  const leave = hub.join();
  try {
    let place = await hub.begin(after, signal);
    if (place === undefined || !(await write(client, readyFrame(place)))) return;
    while (true) {
      const page: ChangePage | undefined = await hub.next(place, signal);
      if (page === undefined) return;
      place = page.place;
      if (!(await write(client, framesOf(page, selection)))) return;
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

function framesOf({ changes, place }: ChangePage, selection: AlertSelection): string {
  const wanted = changes.filter((change) => isSelected(change, selection));
  const frames = wanted.map(
    (change) => `id: ${encodeStreamPlace(change)}\nevent: alert\ndata: ${change.summary}\n\n`,
  );
  // Without an event, so that who asks for little need not walk over all the rest when it resumes.
  if (wanted.at(-1) !== place) frames.push(`id: ${encodeStreamPlace(place)}\n\n`);
  return frames.join("");
}

function isSelected({ severity, ruleId }: AlertChange, selection: AlertSelection): boolean {
  const { severities, ruleId: wantedRule } = selection;
  const isWantedSeverity = severities === undefined || severities.some((one) => one === severity);
  return isWantedSeverity && (wantedRule === undefined || wantedRule === ruleId);
}
