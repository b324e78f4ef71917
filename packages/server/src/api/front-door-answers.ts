import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply } from "fastify";

/** The answers that a front door is passing on at the moment: what it must end so that the server can close. */
export class ForwardedAnswers {
  readonly #open = new Set<FastifyReply>();
  readonly #streams = new Set<FastifyReply>();

  /** Knows of the answer until it is over. */
  track(reply: FastifyReply): void {
    this.#open.add(reply);
    reply.raw.once("close", () => {
      this.#open.delete(reply);
      this.#streams.delete(reply);
    });
  }

  /** Passes a body without end on, each piece when it comes; either side's end is the end of both. */
  stream(reply: FastifyReply, body: Readable): void {
    this.#streams.add(reply);
    reply.hijack();
    // Server, proxy and pipeline each wait for its end with a few listeners; eleven are no leak.
    reply.raw.setMaxListeners(30);
    reply.raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
    // The reader must know that it is connected before the first event, which can be hours away.
    reply.raw.flushHeaders();
    pipeline(body, reply.raw).catch((error: unknown) => {
      reply.log.debug({ "event.name": "front_door.stream_ended", error }, "a forwarded stream was cut");
    });
  }

  /** Ends the streams at once, so that their readers connect elsewhere, and cuts what is not over after `graceMs`. */
  close(graceMs: number): void {
    for (const reply of this.#streams) reply.raw.end();
    setTimeout(() => {
      for (const reply of this.#open) reply.raw.destroy();
    }, graceMs).unref();
  }
}
