import { AuditFlowError, Session, SessionStart } from "@auditflow/contracts";
import cookies from "@fastify/cookie";
import { normalizeIP } from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { formatTimestamp } from "../telemetry/clock.ts";
import { callerOf, type GuardOptions, isSameSecret } from "./guard.ts";
import { sessionCookie, sessionCookieName } from "./session-cookie.ts";
import { checkSameOrigin } from "./session-origin.ts";

const url = "/api/v1/session";
const done = { 204: Type.Null() };

/** Tokens that one address may try a minute. */
const mostTries = 10;

/**
 * `POST /api/v1/session` gives a cookie for a token, `DELETE` takes it back, `GET` says who the caller is. Every process
 * answers them itself, front door or not. Nothing is kept of a session: one that is copied before it ends holds until
 * it is over by itself or the token is changed.
 */
export function sessionRoutes(http: FastifyInstance, options: GuardOptions): void {
  // In a scope of its own: nothing else sets a cookie, and intake should not pay for one.
  void http.register(async (scope) => {
    await scope.register(cookies, { hook: false });
    startRoute(scope, options);
    askRoute(scope, options);
    endRoute(scope);
  });
}

const open = { access: "public" } as const;

function askRoute(http: FastifyInstance, options: GuardOptions): void {
  const schema = { summary: "Who the caller is and what he may do", response: { 200: Session } };
  http.withTypeProvider<TypeBoxTypeProvider>().get(url, { config: open, schema }, (request, reply) => {
    const { endsAt } = request.session ?? {};
    void reply.header("cache-control", "no-store");
    return {
      ...callerOf(request, options),
      sign_in: options.sessions !== undefined,
      ...(endsAt === undefined ? {} : { expires_at: formatTimestamp(endsAt) }),
    };
  });
}

function endRoute(http: FastifyInstance): void {
  const schema = { summary: "Ends the session: takes the cookie back", response: done };
  http.delete(url, { config: open, schema }, (request, reply) =>
    // Whoever has no session has none afterwards.
    reply.clearCookie(sessionCookieName, sessionCookie(request)).code(204).send(null),
  );
}

function startRoute(http: FastifyInstance, { token, sessions, baseUrl }: GuardOptions): void {
  // Not by what the request says of itself: each made-up token would be a caller with tries of its own.
  const keyGenerator = ({ ip }: FastifyRequest): string => normalizeIP(ip);
  const config = {
    access: "public",
    rateLimit: { max: mostTries, timeWindow: 60_000, keyGenerator },
  } as const;
  const schema = {
    summary: "Begins a session: a cookie that is as good as the token, for 12 hours",
    body: SessionStart,
    response: done,
  };
  http.withTypeProvider<TypeBoxTypeProvider>().post(url, { config, schema }, async (request, reply) => {
    checkSameOrigin(request, baseUrl);
    if (token === undefined || sessions === undefined)
      throw new AuditFlowError("unauthorized", "No token is set at this server, so nobody can sign in");
    const from = { "client.address": request.ip };
    if (!isSameSecret(request.body.token.trim(), token)) {
      request.log.warn({ "event.name": "session.refused", ...from }, "a sign-in with a wrong token");
      throw new AuditFlowError("unauthorized", "That is not the token of this server");
    }
    reply.setCookie(sessionCookieName, await sessions.start(), sessionCookie(request));
    request.log.info({ "event.name": "session.started", ...from }, "somebody signed in");
    return reply.code(204).send(null);
  });
}
