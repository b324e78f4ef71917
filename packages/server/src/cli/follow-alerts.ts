import type { AlertSummary } from "@auditflow/contracts";
import { pause } from "../transport/deadline.ts";
import { type Server, unreachable } from "./connect-server.ts";
import { readAlertStream, type StreamRequest, UnknownPlace } from "./read-alert-stream.ts";

/** What `followAlerts` is to follow. */
export interface FollowOptions {
  /** The place in the stream to begin at. */
  readonly after: string;
  /** Which alerts, as the API's query names them. */
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** Called when the connection is there, is lost, or is there again; with a sentence for people. */
  readonly onState: (sentence: string) => void;
}

const firstWaitMs = 1_000;
const longestWaitMs = 15_000;

/**
 * Every change of an alert after the place, in order, until the signal is aborted; a connection that is lost or silent
 * is made again, for as long as it takes, and goes on where it was.
 * @throws AuditFlowError when the server refuses the caller.
 */
export async function* followAlerts(server: Server, options: FollowOptions): AsyncGenerator<AlertSummary> {
  const place = new Place(server, options);
  for (let failures = 0; !options.signal.aborted; failures += 1) {
    try {
      for await (const message of readAlertStream(server, place.request())) {
        if (message.id !== undefined) place.after = message.id;
        place.isConnected();
        failures = 0;
        if (message.alert !== undefined) yield message.alert;
      }
      place.isLost("the server ended the stream");
    } catch (error) {
      if (options.signal.aborted) return;
      if (error instanceof UnknownPlace) place.forget();
      else place.isLost(reasonToTryAgain(server, error));
    }
    const wait = Math.min(firstWaitMs * 2 ** failures, longestWaitMs);
    await pause(wait * (0.5 + Math.random() / 2), options.signal);
  }
}

/** Throws the error itself when trying again cannot help. */
function reasonToTryAgain(server: Server, error: unknown): string {
  const known = unreachable(server.url, error);
  if (!known.retryable) throw known;
  return known.message;
}

/** Where the stream has come to, and whether it flows; tells each change of that once. */
class Place {
  after: string | undefined;
  readonly #server: Server;
  readonly #options: FollowOptions;
  #state: "new" | "connected" | "lost" = "new";

  constructor(server: Server, options: FollowOptions) {
    this.#server = server;
    this.#options = options;
    this.after = options.after;
  }

  request(): StreamRequest {
    const { query, signal } = this.#options;
    return { after: this.after, query, signal };
  }

  isConnected(): void {
    if (this.#state === "connected") return;
    const again = this.#state === "lost" ? "connected again" : "connected";
    this.#state = "connected";
    this.#options.onState(`${again} to ${this.#server.url}`);
  }

  isLost(why: string): void {
    if (this.#state === "lost" || this.#options.signal.aborted) return;
    this.#state = "lost";
    this.#options.onState(`not connected, trying again: ${why}`);
  }

  forget(): void {
    this.after = undefined;
    this.#options.onState(
      "the server does not know this place any more: going on from now; what came in between shows --last",
    );
  }
}
