import { createHash, timingSafeEqual } from "node:crypto";
import { type Access, AuditFlowError, accesses } from "@auditflow/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller must be allowed to do; every route names it, `public` needs nothing. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who calls, as the history of an alert names him: `api-token`, or `anonymous` without one. */
    caller: string;
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
}

/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Guards every route registered from now on. On loopback the Host and Origin headers must name this machine, which
 * stops a web page from reaching the server through the user's browser (DNS rebinding, cross-site requests).
 */
export function guard(http: FastifyInstance, options: GuardOptions): void {
  http.addHook("onRoute", (route) => {
    if (route.config?.access === undefined)
      throw new Error(`${route.method} ${route.url} declares no access`);
  });
  http.decorateRequest("caller", "anonymous");
  http.addHook("onRequest", async (request) => {
    if (isLoopback(options.host)) checkNames(request, options.allowedHosts);
    const wanted = request.routeOptions.config.access ?? "public";
    if (wanted === "public") return;
    checkAccess(wanted, accessOf(request, options));
    // A token that is not right has been refused.
    if (request.headers.authorization !== undefined) request.caller = "api-token";
  });
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

function accessOf(request: FastifyRequest, { token, anonymousAccess }: GuardOptions): Access | "none" {
  const { authorization } = request.headers;
  if (authorization === undefined) return anonymousAccess;
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (given === undefined || token === undefined || !sameSecret(given, token)) {
    throw new AuditFlowError("unauthorized", "The bearer token is not valid here");
  }
  return "admin";
}

/** Compares digests, so that neither the length nor the place of the first difference shows in the time. */
function sameSecret(given: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

function checkAccess(wanted: Access, has: Access | "none"): void {
  if (has === "none") throw new AuditFlowError("unauthorized", "This address needs a bearer token");
  if (accesses.indexOf(has) < accesses.indexOf(wanted)) {
    throw new AuditFlowError("forbidden", `This address is for ${wanted}; the caller has ${has}`);
  }
}
