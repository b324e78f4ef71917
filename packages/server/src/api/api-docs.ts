import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type {} from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { docsScript } from "./api-docs-script.ts";
import { pagePolicy } from "./security-headers.ts";

const documentAddress = "/api/v1/openapi.json";
const scriptAddress = "/api/docs/reference.js";

const schema = {
  summary: "The OpenAPI document of all services",
  response: { 200: Type.Object({ openapi: Type.String() }, { description: "OpenAPI 3.1" }) },
};

/**
 * `GET /api/v1/openapi.json`, the document that comes with the program, for viewers; `GET /api/docs`, a page that
 * shows it. The page itself is public, asks no other host for anything, and costs memory only once it is opened.
 */
export function apiDocs(http: FastifyInstance): void {
  const forViewers = { access: "viewer" } as const;
  http.get(documentAddress, { config: forViewers, schema }, async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(await readFile(documentFile(), "utf8")),
  );
  const page = { config: { access: "public" } as const, schema: { hide: true } };
  http.get("/api/docs", page, (_request, reply) =>
    reply
      .header("content-security-policy", docsPolicy)
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(docsPage),
  );
  http.get(scriptAddress, page, async (request, reply) => {
    const script = await docsScript();
    const tag = `"${createHash("sha1").update(script).digest("base64url")}"`;
    reply.header("etag", tag).header("cache-control", "no-cache").header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === tag) return reply.code(304).send();
    return reply.type("text/javascript; charset=utf-8").header("content-encoding", "gzip").send(script);
  });
}

function documentFile(): string {
  return createRequire(import.meta.url).resolve("@auditflow/contracts/openapi.json");
}

/** What keeps the page to this server: no fonts, assistants, telemetry or request proxies of other hosts. */
const settings = {
  url: documentAddress,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  persistAuth: false,
  defaultOpenAllTags: true,
};

// The library sets style attributes, which take no nonce. A style can neither run nor, under this policy, call out.
const docsPolicy = pagePolicy("'unsafe-inline'");

// The first script element holds settings alone and never runs: what starts the page is the file.
const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AuditFlow API</title>
<link rel="icon" href="data:,">
</head>
<body>
<script id="api-reference" type="application/json" data-configuration="${attribute(settings)}"></script>
<script src="${scriptAddress}"></script>
</body>
</html>
`;

function attribute(value: object): string {
  return JSON.stringify(value).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}
