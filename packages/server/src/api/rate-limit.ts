import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Access, AuditFlowError } from "@auditflow/contracts";
import rateLimit, { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { serviceFor } from "./front-door-table.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route passes requests on to the service that answers them; the caller is counted before that. */
    forwards?: boolean;
  }
}

/** How often a caller may ask. */
export interface RateLimitOptions {
  /** Requests a caller may make a minute, all limited routes together; 0: no limit anywhere. */
  readonly perMinute: number;
  /** The token that opens everything here, by which the front door is known. */
  readonly token: string | undefined;
}

/** Callers that are told apart at one time; the one unseen for longest is forgotten first. Some 200 bytes each. */
const mostCallers = 10_000;

const limitedAccesses: readonly Access[] = ["viewer", "operator", "admin"];

/**
 * Limits how often a caller may use the routes registered after this has resolved: those for viewers, operators and
 * admins, and what a front door forwards. Intake and public routes are free: intake has its own backpressure. A
 * caller is a valid token or session or, without one, an address (of IPv6 its /64). Answers carry `RateLimit-Limit`,
 * `-Remaining` and `-Reset`; past the limit it is a problem `rate_limited` with `Retry-After`. A route with
 * `config.rateLimit` (`{ max: 10 }`, a minute unless it says otherwise) counts on its own instead. Each process
 * counts for itself, and a request that came through a front door is counted there alone, by its real caller.
 */
export async function rateLimits(http: FastifyInstance, options: RateLimitOptions): Promise<void> {
  const { perMinute, token } = options;
  if (perMinute === 0) return;
  http.addHook("onRoute", ({ config = {} }) => {
    const isLimited = config.forwards === true || limitedAccesses.includes(config.access ?? "public");
    if (!isLimited) config.rateLimit ??= false;
  });
  const mark = token === undefined ? undefined : countedMark(token);
  await http.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    cache: mostCallers,
    enableDraftSpec: true,
    keyGenerator: (request) => callerOf(request, token),
    allowList: (request) => isIntakePassedOn(request) || wasCounted(request, mark),
    errorResponseBuilder: (_request, { max, after }) =>
      new AuditFlowError("rate_limited", `More than ${max} requests a minute; try again in ${after}`),
  });
}

/** Header by which a front door that knows the services' token says that it has counted the request. */
export const countedHeader = "x-auditflow-counted";

/** What the header holds: only whoever has the token can say it, and it does not give the token away. */
export function countedMark(token: string): string {
  return createHmac("sha256", token).update("counted at the front door").digest("hex");
}

function wasCounted({ headers, routeOptions }: FastifyRequest, mark: string | undefined): boolean {
  const given = headers[countedHeader];
  // A front door takes it from nobody: nothing stands before it that could have counted.
  if (typeof given !== "string" || mark === undefined || routeOptions.config.forwards === true) return false;
  return isSame(given, mark);
}

/** Intake is known by its access where it is answered, and by its address where it is forwarded. */
function isIntakePassedOn({ method, url, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.forwards === true && serviceFor(method, url) === "audit-event-gateway";
}

function callerOf(request: FastifyRequest, token: string | undefined): string {
  const { authorization } = request.headers;
  if (request.session !== undefined) return request.session.id;
  if (authorization === undefined || !isChecked(request, token, authorization))
    return normalizeIP(request.ip);
  return digest(authorization.replace(/^Bearer +/i, "")).toString("base64url");
}

/** Whether the token is known to be valid; the guard has seen to it but where the service behind checks it. */
function isChecked(
  { routeOptions }: FastifyRequest,
  token: string | undefined,
  authorization: string,
): boolean {
  if (routeOptions.config.forwards !== true) return true;
  return token !== undefined && isSame(authorization.replace(/^Bearer +/i, ""), token);
}

function isSame(given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
