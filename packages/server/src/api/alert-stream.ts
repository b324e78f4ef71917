import { AlertChanges, AlertStreamQuery, AuditFlowError } from "@auditflow/contracts";
import { fastifySSE, type SSEReplyInterface } from "@fastify/sse";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { changesAfter, endOfStream, isBefore, type StreamPlace } from "../alerts/changes.ts";
import { alertSummaryOf } from "../alerts/summary.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import { selectionOf, splitSeverities } from "./alert-selection.ts";
import { followStream } from "./alert-stream-client.ts";
import { AlertStreamHub, type HubOptions } from "./alert-stream-hub.ts";
import { AlertView } from "./alert-view.ts";
import { decodeStreamPlace, encodeStreamPlace } from "./cursor.ts";

/** What the stream is made with. */
export interface AlertStreamOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Milliseconds between two comments that keep the connection alive; 15,000 by default. */
  readonly heartbeat?: number;
  /** How long a client may leave what was sent unread once the buffers are full, in milliseconds; 10,000 by default. */
  readonly patience?: number;
  /** Most streams of the process; 200 by default. Whoever comes then is answered `overloaded`. */
  readonly most?: number;
}

/** Most alerts in one JSON answer, and most changes looked at for it. */
const mostChanges = 1000;
const mostLooks = 20_000;

/**
 * `GET /api/v1/alerts/stream`: every change of an alert as server-sent events, from a position on without gap, on any
 * replica; as JSON for who does not ask for `text/event-stream`. Streams outlive a database that is down, and end at
 * once when the server closes.
 */
export function alertStream(http: FastifyInstance, options: AlertStreamOptions): void {
  const streams = new Streams(options, {
    onFault: (error) => {
      const words = "the stream of alerts failed; it goes on trying";
      http.log.error({ "event.name": "stream.failed", error }, words);
    },
    onHeldBack: () => {
      const words = "the stream of alerts waits for a transaction that somebody keeps open in the database";
      http.log.warn({ "event.name": "stream.held" }, words);
    },
  });
  // In a scope of its own: the plugin looks at every route beside it.
  void http.register(async (scope) => {
    await scope.register(fastifySSE, { heartbeatInterval: options.heartbeat ?? 15_000 });
    scope.addHook("preClose", async () => streams.close());
    const schema = { querystring: AlertStreamQuery, response: { 200: AlertChanges } };
    const config = { access: "viewer" } as const;
    const route = {
      config,
      schema,
      preValidation: splitSeverities,
      sse: "dual",
      exposeHeadRoute: false,
    } as const;
    scope
      .withTypeProvider<TypeBoxTypeProvider>()
      .get("/api/v1/alerts/stream", route, async (request, reply) => {
        const { clock } = options;
        const view = new AlertView(selectionOf(request.query, clock.now()), clock);
        const after = placeOf(request, request.query.after);
        const { sse } = reply as { readonly sse?: SSEReplyInterface };
        if (sse === undefined) return await changesSince(options.database, after, view);
        await streams.serve(reply, after, view);
        return undefined as never;
      });
  });
}

function placeOf(request: FastifyRequest, after: string | undefined): StreamPlace | undefined {
  const last = request.headers["last-event-id"];
  const text = typeof last === "string" && last !== "" ? last : after;
  return text === undefined ? undefined : decodeStreamPlace(text);
}

async function changesSince(
  database: Database,
  after: StreamPlace | undefined,
  view: AlertView,
): Promise<AlertChanges> {
  const end = await endOfStream(database);
  const answer: AlertChanges = { alerts: [], gone: [], position: encodeStreamPlace(end) };
  if (after === undefined || !isBefore(after, end)) return answer;
  let place = after;
  for (let looks = 0; looks < mostLooks; looks += mostChanges) {
    const room = mostChanges - answer.alerts.length - answer.gone.length;
    const query = { after: place, before: end.position + 1, limit: room };
    const changes = await changesAfter(database, query);
    for (const change of changes) {
      const sight = view.sight(change);
      if (sight === "seen") answer.alerts.push(alertSummaryOf(change));
      if (sight === "gone") answer.gone.push(change.id);
    }
    place = changes.at(-1) ?? place;
    if (changes.length < room) return answer;
    if (answer.alerts.length + answer.gone.length >= mostChanges) break;
  }
  return { ...answer, position: encodeStreamPlace(place) };
}

/** The streams that are open. */
class Streams {
  readonly #hub: AlertStreamHub;
  readonly #options: AlertStreamOptions;
  readonly #open = new Set<AbortController>();
  #isClosed = false;

  constructor(options: AlertStreamOptions, tell: Omit<HubOptions, "source">) {
    this.#options = options;
    this.#hub = new AlertStreamHub({ source: options.database, ...tell });
  }

  /** Answers with a stream; resolves when it has ended. */
  async serve(reply: FastifyReply, after: StreamPlace | undefined, view: AlertView): Promise<void> {
    const { most = 200, patience = 10_000 } = this.#options;
    if (this.#isClosed) throw new AuditFlowError("draining", "The server is stopping");
    if (this.#open.size >= most) throw new AuditFlowError("overloaded", `${most} streams are open already`);
    const stream = new AbortController();
    this.#open.add(stream);
    reply.raw.once("close", () => stream.abort());
    if (reply.raw.destroyed) stream.abort();
    try {
      // Else the connection would be kept for a next request, and keep the server from closing.
      reply.header("connection", "close");
      reply.sse.sendHeaders();
      const { signal } = stream;
      await followStream({ hub: this.#hub, response: reply.raw, after, view, patience, signal });
    } finally {
      this.#open.delete(stream);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#hub.stop();
    for (const stream of this.#open) stream.abort();
  }
}
