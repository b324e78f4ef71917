import { type AlertSummary, AuditFlowError } from "@auditflow/contracts";
import { createParser } from "eventsource-parser";
import { refusalOf, type Server } from "./connect-server.ts";

/** What part of the stream to read. */
export interface StreamRequest {
  /** Undefined: from now on. */
  readonly after: string | undefined;
  /** Which alerts, as the API's query names them. */
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

/** What the stream says: from where on it goes on after this, and an alert if it is about one. */
export interface StreamMessage {
  readonly id?: string;
  readonly alert?: AlertSummary;
}

/** The server cannot go on at the place that it was asked for. */
export class UnknownPlace extends Error {}

/** The server sends at least a comment every 15 seconds. */
const silenceMs = 45_000;
const mostCharacters = 16 * 1024 * 1024;

/**
 * One connection to `GET /api/v1/alerts/stream`; ends when the server ends it.
 * @throws UnknownPlace; AuditFlowError when the server refuses; what `fetch` throws when it is not there, or silent.
 */
export async function* readAlertStream(
  server: Server,
  request: StreamRequest,
): AsyncGenerator<StreamMessage> {
  const silent = new AbortController();
  const giveUp = () => silent.abort(new DOMException("Nothing came for 45 s", "TimeoutError"));
  const timer = setTimeout(giveUp, silenceMs);
  try {
    const body = await openStream(server, request, AbortSignal.any([request.signal, silent.signal]));
    const decoder = new TextDecoder();
    const messages: StreamMessage[] = [];
    const parser = parserInto(messages);
    for await (const chunk of body) {
      timer.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function openStream(
  server: Server,
  { after, query }: StreamRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers = {
    accept: "text/event-stream",
    ...(after === undefined ? {} : { "last-event-id": after }),
  };
  const response = await server.fetch(`/api/v1/alerts/stream?${query.toString()}`, { headers, signal });
  const { body } = response;
  const kind = response.headers.get("content-type") ?? "";
  if (response.ok && body !== null && kind.startsWith("text/event-stream")) return body;
  const refusal = refusalOf(await response.json().catch(() => undefined), response);
  if (response.status === 400 && after !== undefined) throw new UnknownPlace(refusal.message);
  // A proxy in between may answer in its own words while the server starts.
  if (response.status < 500) throw refusal;
  throw new AuditFlowError("upstream_unavailable", refusal.message, { cause: refusal });
}

function parserInto(messages: StreamMessage[]) {
  return createParser({
    maxBufferSize: mostCharacters,
    // Called before the event of the same block: the place must not move on until the alert is shown.
    onId: (id) => messages.push({ id }),
    onEvent: ({ event, data }) => {
      if (event !== "alert") return;
      const own = messages.at(-1);
      const alert = JSON.parse(data) as AlertSummary;
      if (own?.alert === undefined && own?.id !== undefined)
        messages[messages.length - 1] = { ...own, alert };
      else messages.push({ alert });
    },
    onError: (error) => {
      throw error;
    },
  });
}
