import type { FastifyInstance } from "fastify";

/**
 * What every answer says to a browser, refusals and the probes included: this is data. It is not to be guessed at,
 * run, framed, or read by another site. The page says more for itself, see `pageRoutes`.
 */
export const answerHeaders: readonly (readonly [name: string, value: string])[] = Object.entries({
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
});

/** Puts the headers on every answer of the server. Comes before the guard, so that its refusals carry them too. */
export function securityHeaders(http: FastifyInstance): void {
  // By hand, because building them with the plugin for each request costs intake a third of its small requests.
  http.addHook("onRequest", (_request, reply, done) => {
    for (const [name, value] of answerHeaders) reply.raw.setHeader(name, value);
    done();
  });
}

/**
 * The content security policy of a page of ours: it may load, run and ask for what is this server's, and nothing
 * else. `styles` says which styles may stand in the page itself, as CSP has it, such as a nonce that is new in each
 * answer; no script may.
 */
export function pagePolicy(styles: `'nonce-${string}'` | "'unsafe-inline'"): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styles}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
