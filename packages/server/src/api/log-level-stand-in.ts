import type { FastifyReply, FastifyRequest } from "fastify";
import type { StandIn } from "./front-door.ts";
import { type LogLevelAsker, logLevelRoutes } from "./log-level-routes.ts";
import { createHttp, type HttpOptions } from "./server.ts";

const pattern = /^\/api\/v1\/services\/[^/?]+\/log-level\/?(?:\?|$)/;
const ownConnection = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "date"]);

/**
 * What a front door answers itself about log levels while notification-service cannot be reached: its own routes, with
 * its own guard, on a server that does not listen.
 */
export function logLevelStandIn(options: HttpOptions, desk: LogLevelAsker): StandIn {
  const http = createHttp(options);
  logLevelRoutes(http, desk);
  return {
    covers: ({ method, url }) => (method === "GET" || method === "PUT") && pattern.test(url),
    answer: async (request: FastifyRequest, reply: FastifyReply) => {
      const { method, url, headers, body } = request;
      const answer = await http.inject({
        ...{ method: method as "GET" | "PUT", url, headers },
        ...(Buffer.isBuffer(body) ? { payload: body } : {}),
      });
      const passed = Object.entries(answer.headers).filter(([name]) => !ownConnection.has(name));
      return reply.code(answer.statusCode).headers(Object.fromEntries(passed)).send(answer.rawPayload);
    },
  };
}
