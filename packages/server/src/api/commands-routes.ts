import { AuditFlowError, ControlMessage, ServiceReport } from "@auditflow/contracts";
import { fastifySSE, type SSEReplyInterface } from "@fastify/sse";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply } from "fastify";
import Type from "typebox";
import type { CommandLink } from "../telemetry/command-link.ts";
import { isAboutRules } from "../telemetry/rule-desk.ts";
import type { Transport } from "../transport/transport.ts";

/** What the link for processes without a transport stands on. */
export interface CommandsRoutesOptions {
  readonly link: CommandLink;
  readonly transport: Pick<Transport, "publish">;
  /** Milliseconds between two comments that keep a feed alive; 15,000 by default. */
  readonly heartbeat?: number;
  /** Most feeds of the process; 100 by default. Whoever comes then is answered `overloaded`. */
  readonly most?: number;
}

/**
 * The way over HTTP for a process that has no transport, such as a front door on its own: a feed of what the processes
 * tell each other, and where to post its own words and its reports. A feed ends at once when the server closes.
 */
export function commandsRoutes(http: FastifyInstance, options: CommandsRoutesOptions): void {
  const config = { access: "operator" } as const;
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const told = { 204: Type.Null() };
  typed.post(
    "/api/v1/services/commands",
    { config, schema: { body: ControlMessage, response: told } },
    async ({ body }, reply) => {
      await options.link.send(body);
      return reply.code(204).send(null);
    },
  );
  typed.post(
    "/api/v1/services/reports",
    { config, schema: { body: ServiceReport, response: told } },
    async ({ body }, reply) => {
      await options.transport.publish("control", [body]);
      return reply.code(204).send(null);
    },
  );
  feedRoute(http, options);
}

const feed = {
  summary: "What the processes tell each other, as server-sent events `command`",
  response: {
    200: {
      description: "Ends when the server does",
      content: { "text/event-stream": { schema: Type.String() } },
    },
  },
};

function feedRoute(
  http: FastifyInstance,
  { link, heartbeat = 15_000, most = 100 }: CommandsRoutesOptions,
): void {
  const feeds = new Feeds(link, most);
  // In a scope of its own: the plugin looks at every route beside it.
  void http.register(async (scope) => {
    await scope.register(fastifySSE, { heartbeatInterval: heartbeat });
    scope.addHook("preClose", async () => feeds.close());
    const config = { access: "operator" } as const;
    const route = { config, schema: feed, sse: "dual", exposeHeadRoute: false } as const;
    scope.get("/api/v1/services/commands/stream", route, async (_request, reply) => {
      const { sse } = reply as { readonly sse?: SSEReplyInterface };
      if (sse === undefined)
        throw new AuditFlowError("invalid_request", "This is a stream: ask with Accept: text/event-stream");
      await feeds.serve(reply);
    });
  });
}

/** More unread bytes than this, and the reader is taken for stuck. */
const mostUnread = 1024 * 1024;

/** The feeds that are open. */
class Feeds {
  readonly #link: CommandLink;
  readonly #most: number;
  readonly #open = new Set<() => void>();
  #isClosed = false;

  constructor(link: CommandLink, most: number) {
    this.#link = link;
    this.#most = most;
  }

  /** Answers with a feed; resolves when it has ended. */
  async serve(reply: FastifyReply): Promise<void> {
    if (this.#isClosed) throw new AuditFlowError("draining", "The server is stopping");
    if (this.#open.size >= this.#most)
      throw new AuditFlowError("overloaded", `${this.#most} feeds are open already`);
    const ended = Promise.withResolvers<void>();
    const { raw } = reply;
    raw.once("close", ended.resolve);
    if (raw.destroyed) ended.resolve();
    this.#open.add(ended.resolve);
    // Else the connection would be kept for a next request, and keep the server from closing.
    reply.header("connection", "close");
    reply.sse.sendHeaders();
    const leave = this.#link.receive((message) => {
      // A write after the end would be an error that nobody listens to. Who has rules has a transport, and what all
      // replicas say of thousands of rules would break a slow feed.
      if (raw.destroyed || isAboutRules(message)) return;
      raw.write(`event: command\ndata: ${JSON.stringify(message)}\n\n`);
      if (raw.writableLength > mostUnread) raw.destroy();
    });
    raw.write(": listening\n\n");
    await ended.promise;
    await leave();
    this.#open.delete(ended.resolve);
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#open) end();
  }
}
