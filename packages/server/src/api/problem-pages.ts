import { randomBytes } from "node:crypto";
import { AuditFlowError, type ErrorCode, errorTable, problemType } from "@auditflow/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { pagePolicy } from "./security-headers.ts";

/** What is known of an error code. */
const ProblemMeaning = Type.Object({
  type: Type.String({ description: "Address of this page, as problems name it" }),
  code: Type.String(),
  title: Type.String({ description: "What it means" }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  fix: Type.String({ description: "What to do" }),
  retryable: Type.Boolean({ description: "Whether the same call can work later" }),
});
type ProblemMeaning = Type.Static<typeof ProblemMeaning>;

const schema = {
  summary: "What an error code means and what to do about it: JSON, or a page for whoever prefers text/html",
  params: Type.Object({ code: Type.String({ maxLength: 64 }) }),
  response: {
    200: {
      description: "What the error table knows of the code",
      content: {
        "application/json": { schema: ProblemMeaning },
        "text/html": { schema: Type.String() },
      },
    },
  },
};

/** `GET /api/problems/<code>`: where the `type` of every problem leads. Public, for it tells nothing of the server. */
export function problemPages(http: FastifyInstance): void {
  const config = { access: "public" } as const;
  http.get<{ Params: { code: string } }>("/api/problems/:code", { config, schema }, (request, reply) => {
    const meaning = meaningOf(request.params.code);
    reply.header("cache-control", "no-cache").header("vary", "accept");
    if (!prefersHtml(request)) return reply.send(meaning);
    const nonce = randomBytes(16).toString("base64url");
    return reply
      .header("content-security-policy", pagePolicy(`'nonce-${nonce}'`))
      .type("text/html; charset=utf-8")
      .send(pageOf(meaning, nonce));
  });
}

function meaningOf(code: string): ProblemMeaning {
  if (!Object.hasOwn(errorTable, code))
    throw new AuditFlowError("not_found", "There is no error code of this name");
  const { title, status, fix, retryable } = errorTable[code as ErrorCode];
  return { type: problemType(code as ErrorCode), code, title, status, fix, retryable };
}

/** Whether text/html stands in the Accept header before JSON, as it does in a browser's. */
function prefersHtml({ headers }: FastifyRequest): boolean {
  const accept = headers.accept ?? "";
  const html = accept.indexOf("text/html");
  const json = accept.search(/application\/(?:problem\+)?json/);
  return html >= 0 && (json < 0 || html < json);
}

// Every word is of the error table: nothing of the request gets into the page.
function pageOf({ code, title, status, fix, retryable }: ProblemMeaning, nonce: string): string {
  const again = retryable
    ? "The same call can work later: try again, after the seconds in <code>Retry-After</code>."
    : "The same call will be refused again until it, or what it speaks of, is changed.";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${code} · AuditFlow</title>
<style nonce="${nonce}">${style}</style>
<main>
<p>AuditFlow answers ${status} with the code <code>${code}</code></p>
<h1>${marked(title)}</h1>
<h2>What to do</h2>
<p>${marked(fix)}.</p>
<p>${again}</p>
<p><a href="/api/docs">The whole API</a></p>
</main>
</html>
`;
}

const style = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 40rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.6rem; line-height: 1.25 } h2 { font-size: 1rem; margin: 2rem 0 0 } p { margin: .5rem 0 }
code { font: .9em ui-monospace, monospace } a { color: LinkText }`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function marked(text: string): string {
  const escaped = text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
  return escaped.replace(/`([^`]+)`/g, "<code>$1</code>");
}
