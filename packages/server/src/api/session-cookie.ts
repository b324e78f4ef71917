import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import { sessionSeconds } from "./session.ts";

/** The name of the cookie that holds a session. */
export const sessionCookieName = "auditflow_session";

/** A JSON Web Token has no sign in it that a cookie would have to escape. */
const pattern = new RegExp(`(?:^|; *)${sessionCookieName}=([\\w.-]*)`);

/** What the request's cookie of that name holds; undefined without one. */
export function sessionTextOf({ headers }: Pick<FastifyRequest, "headers">): string | undefined {
  return headers.cookie === undefined ? undefined : pattern.exec(headers.cookie)?.[1];
}

/**
 * How the cookie is handed over, and taken back: no script can read it, no other site can have it sent, and where the
 * page came over HTTPS it never goes over anything else.
 */
export function sessionCookie(request: Pick<FastifyRequest, "headers" | "protocol">): CookieSerializeOptions {
  return {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: cameEncrypted(request),
    maxAge: sessionSeconds,
  };
}

/**
 * The browser says where its page is from; without that a proxy's word is taken, whoever it is. A lie can only make
 * the cookie safer, or useless to the liar himself.
 */
function cameEncrypted({ headers, protocol }: Pick<FastifyRequest, "headers" | "protocol">): boolean {
  if (headers.origin !== undefined) return headers.origin.startsWith("https:");
  const said = String(headers["x-forwarded-proto"] ?? protocol);
  return said.split(",", 1)[0]?.trim().toLowerCase() === "https";
}
