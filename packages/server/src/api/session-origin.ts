import { AuditFlowError } from "@auditflow/contracts";
import type { FastifyRequest } from "fastify";

const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Refuses a request that changes something and that a page of another site had the browser send, which adds the
 * cookie by itself. A browser says so in `Sec-Fetch-Site`, over plain HTTP in `Origin` alone; a request with neither is no
 * browser's. `baseUrl` counts as this server too, for a proxy may change the Host.
 * @throws AuditFlowError forbidden
 */
export function checkSameOrigin(
  { method, headers }: Pick<FastifyRequest, "method" | "headers">,
  baseUrl: string | undefined,
): void {
  if (safeMethods.includes(method)) return;
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) {
    if (site === "same-origin" || site === "none") return;
  } else {
    const from = origin === undefined ? undefined : (hostOf(origin) ?? origin);
    if (from === undefined || from === host || (baseUrl !== undefined && from === hostOf(baseUrl))) return;
  }
  const page = origin ?? "another site";
  throw new AuditFlowError("forbidden", `A page of "${page}" may not use the session of this server`);
}

function hostOf(url: string): string | undefined {
  const host = URL.parse(url)?.host;
  return host === "" ? undefined : host;
}
