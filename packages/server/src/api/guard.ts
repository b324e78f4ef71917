import { createHash, timingSafeEqual } from "node:crypto";
import { type Access, AuditFlowError, accesses } from "@auditflow/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { OpenSession, Sessions } from "./session.ts";
import { sessionTextOf } from "./session-cookie.ts";
import { checkSameOrigin } from "./session-origin.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; every route names it, `public` needs nothing. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who calls, as the history of an alert names him: `api-token`, `session`, or `anonymous` without either. */
    caller: string;
    /** The session of its cookie; undefined without one that holds, and where a token was sent, which counts instead. */
    session: OpenSession | undefined;
  }
}

/** Who may call, and by which names the server is called. */
export interface GuardOptions {
  /** The address the server listens on. */
  readonly host: string;
  /** The token that opens everything; undefined: no token is right. */
  readonly token: string | undefined;
  /** What a caller without a token may do. */
  readonly anonymousAccess: Access | "none";
  /** Further names a loopback server answers to. */
  readonly allowedHosts: readonly string[];
  /** What cookies are checked by; undefined: none opens anything. */
  readonly sessions?: Sessions | undefined;
  /** Where people find the page. */
  readonly baseUrl?: string | undefined;
}

/** Who a caller is and what that lets him do. */
export interface Caller {
  readonly caller: "anonymous" | "api-token" | "session";
  readonly access: Access | "none";
}

/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Guards every route registered from now on. On loopback the Host and Origin headers must name this machine, which
 * stops a web page from reaching the server through the user's browser (DNS rebinding, cross-site requests). Whoever
 * comes with a session may change something only from a page of this server, and what he is being sent ends with it.
 */
export function guard(http: FastifyInstance, options: GuardOptions): void {
  http.addHook("onRoute", (route) => {
    if (route.config?.access === undefined)
      throw new Error(`${route.method} ${route.url} declares no access`);
  });
  http.decorateRequest("caller", "anonymous");
  http.decorateRequest("session", undefined);
  http.addHook("onRequest", async (request, reply) => {
    if (isLoopback(options.host)) checkNames(request, options.allowedHosts);
    await takeSession(request, reply, options);
    const wanted = request.routeOptions.config.access ?? "public";
    if (wanted === "public") return;
    const { caller, access } = callerOf(request, options);
    checkAccess(wanted, access, request);
    request.caller = caller;
  });
}

async function takeSession(
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, baseUrl }: GuardOptions,
): Promise<void> {
  const text = sessionTextOf(request);
  if (text === undefined || request.headers.authorization !== undefined) return;
  const session = await sessions?.check(text);
  if (session === undefined) return;
  checkSameOrigin(request, baseUrl);
  request.session = session;
  // A live stream would outlast it for as long as its reader stays.
  const end = setTimeout(() => reply.raw.destroy(), session.remaining).unref();
  reply.raw.once("close", () => clearTimeout(end));
}

function checkNames(request: FastifyRequest, allowedHosts: readonly string[]): void {
  const { host, origin } = request.headers;
  if (!isLocalName(host, allowedHosts)) {
    throw new AuditFlowError("forbidden", `This server does not answer to the host "${host ?? ""}"`);
  }
  if (origin !== undefined && !isLocalName(URL.parse(origin)?.host, allowedHosts)) {
    throw new AuditFlowError("forbidden", `A page of "${origin}" may not call this server`);
  }
}

function isLocalName(host: string | undefined, allowedHosts: readonly string[]): boolean {
  const name = host?.replace(/:\d+$/, "").toLowerCase();
  return name !== undefined && (isLoopback(name) || allowedHosts.includes(name));
}

/**
 * Who sent a request that has passed the guard.
 * @throws AuditFlowError unauthorized when it carries a token that is not right.
 */
export function callerOf(
  { headers, session }: FastifyRequest,
  { token, anonymousAccess }: GuardOptions,
): Caller {
  const { authorization } = headers;
  if (authorization === undefined) {
    // What the token opens, for it was opened with the token.
    if (session !== undefined) return { caller: "session", access: "admin" };
    return { caller: "anonymous", access: anonymousAccess };
  }
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (given === undefined || token === undefined || !isSameSecret(given, token)) {
    throw new AuditFlowError("unauthorized", "The bearer token is not valid here");
  }
  return { caller: "api-token", access: "admin" };
}

/** Compares digests, so that neither the length nor the place of the first difference shows in the time. */
export function isSameSecret(given: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

function checkAccess(wanted: Access, has: Access | "none", request: FastifyRequest): void {
  if (has === "none") throw new AuditFlowError("unauthorized", lackOf(request));
  if (accesses.indexOf(has) < accesses.indexOf(wanted)) {
    throw new AuditFlowError("forbidden", `This address is for ${wanted}; the caller has ${has}`);
  }
}

function lackOf(request: FastifyRequest): string {
  return sessionTextOf(request) === undefined
    ? "This address needs a bearer token or a session"
    : "The session is over, or another server's: sign in again";
}
