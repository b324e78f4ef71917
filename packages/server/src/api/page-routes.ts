import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import helmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import files from "@fastify/static";
import type {} from "@fastify/swagger";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { unbuiltPage } from "./page-routes-unbuilt.ts";

/** What the page is served with. */
export interface PageOptions {
  /** The folder of the built page: `index.html` and what it loads. It may come, change and go at any time. */
  readonly folder: string;
}

/**
 * Serves the page at every address that is not the API's: files of the folder as they are (`/assets/*`, whose names
 * change with their content, for ever; `.br` and `.gz` beside a file in its place), and `index.html`, with a nonce
 * that is new in each answer, for `/` and whatever else is asked for as text/html. A folder without `index.html`
 * answers with how to build it. All else is left to the server's 404.
 */
export function pageRoutes(http: FastifyInstance, { folder }: PageOptions): void {
  const root = resolve(folder);
  http.register(async (scope) => {
    await scope.register(helmet, { global: false });
    await scope.register(files, { root, serve: false, preCompressed: true, suppressWarning: true });
    scope.get("/*", { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => {
      const path = pathOf(request);
      if (isApiPath(path)) return reply.callNotFound();
      if (await isFile(root, path)) return reply.sendFile(path, cachingOf(path));
      return wantsPage(request, path) ? sendPage(reply, root) : reply.callNotFound();
    });
  });
}

/** What the page's HTML holds where the nonce of the answer belongs. */
const noncePlaceholder = "__CSP_NONCE__";

async function sendPage(reply: FastifyReply, root: string): Promise<FastifyReply> {
  const html = await readPage(root);
  const nonce = randomBytes(16).toString("base64url");
  reply.helmet(pageHeaders(nonce));
  return reply
    .type("text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .send(html.replaceAll(noncePlaceholder, nonce));
}

// Read for each answer: a page that is built while the server runs is there at the next reload.
async function readPage(root: string): Promise<string> {
  try {
    return await readFile(join(root, "index.html"), "utf8");
  } catch (error) {
    if (isAbsence(error)) return unbuiltPage;
    throw error;
  }
}

function pageHeaders(nonce: string): FastifyHelmetOptions {
  const ownAndNonce = ["'self'", `'nonce-${nonce}'`];
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ownAndNonce,
        styleSrc: ownAndNonce,
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: { policy: "require-corp" },
    referrerPolicy: { policy: "no-referrer" },
    // Spoken in plain HTTP; whoever puts TLS in front says it there.
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  };
}

const apiPath = /^\/(?:api|generate_event|livez|readyz|healthz|metrics)(?:\/|$)/;

function isApiPath(path: string): boolean {
  return apiPath.test(path);
}

/** Plain names alone: no dot in front, nothing to decode, so no way out of the folder and no hidden file. */
const plainPath = /^(?:\/[\w-][\w.-]*)+$/;

async function isFile(root: string, path: string): Promise<boolean> {
  if (!plainPath.test(path) || path === "/index.html") return false;
  try {
    return (await stat(join(root, path))).isFile();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

const absences: readonly (string | undefined)[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

function isAbsence(error: unknown): boolean {
  return absences.includes((error as NodeJS.ErrnoException).code);
}

const yearMs = 365 * 24 * 60 * 60 * 1000;

function cachingOf(path: string): { maxAge: number; immutable: boolean } {
  return path.startsWith("/assets/") ? { maxAge: yearMs, immutable: true } : { maxAge: 0, immutable: false };
}

function wantsPage({ headers }: FastifyRequest, path: string): boolean {
  return path === "/" || path === "/index.html" || (headers.accept ?? "").includes("text/html");
}

function pathOf({ url }: FastifyRequest): string {
  return url.split("?", 1)[0] ?? url;
}
