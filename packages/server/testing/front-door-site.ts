import { createServer, type Server, type Socket } from "node:net";
import type { Service } from "@auditflow/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type FrontDoorOptions, frontDoor, type Upstreams } from "../src/api/front-door.ts";
import type { GuardOptions } from "../src/api/guard.ts";
import { createHttp } from "../src/api/server.ts";
import { silentLog as log } from "./silent-log.ts";

/** How a service of the site answers whatever it is asked. */
export type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** A service or front door that listens. */
export interface Listening {
  readonly url: string;
  readonly http: FastifyInstance;
}

interface DoorOptions {
  /** Who may call. */
  readonly http?: Partial<GuardOptions>;
  /** What is registered before the front door. */
  readonly before?: (http: FastifyInstance) => Promise<void>;
}

/** Front doors and services that really listen, all of which `close` takes down again. */
export class FrontDoorSite {
  readonly #undo: (() => unknown)[] = [];

  /** What must be undone before what came earlier. */
  later(step: () => unknown): void {
    this.#undo.push(step);
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }

  /** A server as a process has it, without routes, not listening. */
  http(options: Partial<GuardOptions> = {}): FastifyInstance {
    const http = createHttp({
      log,
      host: "127.0.0.1",
      token: "the-right-token-of-all",
      anonymousAccess: "none",
      allowedHosts: [],
      ...options,
    });
    this.later(() => http.close());
    return http;
  }

  /** A service that answers everything the same way. */
  async upstream(answer: Answer): Promise<Listening> {
    const http = this.http();
    http.all("/*", { config: { access: "public" } }, answer as never);
    return { url: await http.listen({ host: "127.0.0.1", port: 0 }), http };
  }

  /** A front door in a process of its own. */
  async door(
    upstreams: Upstreams,
    options: Partial<FrontDoorOptions> & DoorOptions = {},
  ): Promise<Listening> {
    const http = this.http(options.http);
    await options.before?.(http);
    const local: Service[] = ["event-audit-dashboard"];
    frontDoor(http, { upstreams, local, settingOf: (service) => `URL_OF ${service}`, ...options });
    return { url: await http.listen({ host: "127.0.0.1", port: 0 }), http };
  }

  /** A server that speaks TCP and is free to misbehave. */
  async rawUpstream(onConnection: (socket: Socket) => void): Promise<{ url: string; server: Server }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      onConnection(socket);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    this.later(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server };
  }
}
