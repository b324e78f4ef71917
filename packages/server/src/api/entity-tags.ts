import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/**
 * Gives the answers of every GET route below `/api/v1` a weak `ETag` made from the body, and answers 304 without body
 * to whoever has it. Only JSON that is whole and good is tagged: no stream, no problem, no other status than 200. A
 * tag or `cache-control` that the route set itself stays. By hand, because the plugin for it tags problems, answers
 * 304 to a POST, and cannot be kept off the intake.
 */
export function entityTags(http: FastifyInstance): void {
  http.addHook("onRoute", (route) => {
    const isRead = [route.method].flat().every((method) => method === "GET" || method === "HEAD");
    // First, because the framework's own hook for HEAD takes the body away.
    if (isRead && route.url.startsWith("/api/v1/"))
      route.onSend = [answerIfChanged, ...[route.onSend ?? []].flat()];
  });
}

async function answerIfChanged(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (reply.statusCode !== 200 || typeof payload !== "string" || !isJson(reply)) return payload;
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
  if (!reply.hasHeader("etag")) reply.header("etag", tagOf(payload));
  if (!knows(request.headers["if-none-match"], String(reply.getHeader("etag")))) return payload;
  reply.code(304).removeHeader("content-type");
  return "";
}

function isJson(reply: FastifyReply): boolean {
  return String(reply.getHeader("content-type")).startsWith("application/json");
}

/** Weak, for whoever compresses the answer on its way changes its bytes. */
function tagOf(body: string): string {
  return `W/"${createHash("sha1").update(body).digest("base64url")}"`;
}

/** Whether the caller holds this version (RFC 9110, 13.1.2: `*` or a list, compared weakly). */
function knows(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([known]) => known === opaque);
}
