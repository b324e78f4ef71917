import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as rawRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { pageRoutes } from "./page-routes.ts";
import { createHttp } from "./server.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const html = `<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__"></script>`;
const script = "console.log('the page');".repeat(50);

function pageFolder(files: Readonly<Record<string, string | Buffer>>): string {
  const parent = mkdtempSync(join(tmpdir(), "auditflow-page-"));
  undo.push(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, "page");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(parent, "secret.txt"), "not of the page");
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function builtPage(): string {
  return pageFolder({
    "index.html": html,
    "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    ".hidden": "not to be seen",
    "assets/index-DfX_1a.js": script,
    "assets/index-DfX_1a.js.br": brotliCompressSync(script),
    "assets/plain-1.css": "body {}",
  });
}

function server(folder: string): FastifyInstance {
  const http = createHttp({
    log,
    host: "127.0.0.1",
    token: "the-right-token",
    anonymousAccess: "none",
    allowedHosts: [],
  });
  http.get("/api/v1/alerts/:alert_id", { config: { access: "public" } }, () => ({ ok: true }));
  http.post("/change", { config: { access: "public" } }, () => ({ ok: true }));
  pageRoutes(http, { folder });
  undo.push(() => http.close());
  return http;
}

const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

function noncesOf(answer: { body: string; headers: Record<string, unknown> }): string[] {
  const policy = String(answer.headers["content-security-policy"]);
  const inPage = [...answer.body.matchAll(/nonce="([^"]*)"/g)].map(([, nonce]) => nonce ?? "");
  const inPolicy = [...policy.matchAll(/'nonce-([^']*)'/g)].map(([, nonce]) => nonce ?? "");
  return [...new Set([...inPage, ...inPolicy])];
}

describe("page", () => {
  test("the nonce of the policy is the one in the page, and no two answers have the same", async () => {
    const http = server(builtPage());
    const [first, second] = [await http.inject("/"), await http.inject("/")];
    expect(first.statusCode).toBe(200);
    expect(noncesOf(first)).toHaveLength(1);
    expect(noncesOf(first)[0]).toMatch(/^[\w-]{22}$/);
    expect(noncesOf(second)).not.toEqual(noncesOf(first));
  });

  test("the page may run, load and be shown only what is its own", async () => {
    const answer = await server(builtPage()).inject({ url: "/", headers: browser });
    const nonce = `'nonce-${noncesOf(answer)[0]}'`;
    expect(String(answer.headers["content-security-policy"]).split(";").sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      `script-src 'self' ${nonce}`,
      `style-src 'self' ${nonce}`,
    ]);
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "content-type": "text/html; charset=utf-8",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(answer.headers).not.toHaveProperty("strict-transport-security");
  });

  test.each(["/alerts/0198-some-id", "/rules/ssh.yml", "/index.html", "/a%20b"])(
    "%s, asked for as a page, is the page",
    async (url) => {
      const answer = await server(builtPage()).inject({ url, headers: browser });
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain("csp-nonce");
    },
  );

  test("the head of the page has no body", async () => {
    const answer = await server(builtPage()).inject({ method: "HEAD", url: "/", headers: browser });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe("");
  });

  test("a server that is asked under a foreign name does not give the page", async () => {
    const answer = await server(builtPage()).inject({
      url: "/",
      headers: { ...browser, host: "evil.example" },
    });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });

  test("a page that is not built says how to build it, and is there once it is built", async () => {
    const folder = pageFolder({});
    const http = server(folder);
    const answer = await http.inject({ url: "/", headers: browser });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("npm run build");
    expect(answer.body).not.toContain("<script");
    expect(noncesOf(answer)).toHaveLength(1);
    expect((await http.inject("/api/v1/alerts/1")).json()).toEqual({ ok: true });
    writeFileSync(join(folder, "index.html"), html);
    expect((await http.inject("/")).body).toContain("csp-nonce");
  });

  test("a folder that does not exist is a page that is not built", async () => {
    const answer = await server(join(builtPage(), "nowhere")).inject("/");
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("npm run build");
  });
});

describe("files of the page", () => {
  test("assets may be kept for ever, since a changed one has another name", async () => {
    const answer = await server(builtPage()).inject("/assets/plain-1.css");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(answer.headers["content-type"]).toBe("text/css; charset=utf-8");
  });

  test("other files are asked about each time", async () => {
    const answer = await server(builtPage()).inject("/favicon.svg");
    expect(answer.headers["content-type"]).toMatch("image/svg+xml");
    expect(answer.headers["cache-control"]).toBe("public, max-age=0");
    expect(answer.headers.etag).toBeDefined();
  });

  test("a compressed file beside the asked one is given to who takes it", async () => {
    const http = server(builtPage());
    const url = "/assets/index-DfX_1a.js";
    const compressed = await http.inject({ url, headers: { "accept-encoding": "gzip, br" } });
    expect(compressed.headers).toMatchObject({ "content-encoding": "br", vary: "accept-encoding" });
    expect(compressed.headers["content-type"]).toMatch("javascript");
    expect(brotliDecompressSync(compressed.rawPayload).toString()).toBe(script);
    expect((await http.inject({ url, headers: { "accept-encoding": "identity" } })).body).toBe(script);
  });

  test.each([
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "//etc/passwd",
    "/.hidden",
    "/assets/..%5c..%5csecret.txt",
    "/assets",
    "/assets/missing-1.js",
  ])("%s is no file of the page", async (path) => {
    const http = server(builtPage());
    await http.listen({ host: "127.0.0.1", port: 0 });
    const { status, body } = await getRaw((http.server.address() as AddressInfo).port, path);
    expect(status).toBe(404);
    expect(body).not.toContain("not of the page");
    expect(body).toContain("not_found");
  });
});

describe("addresses that are not the page's", () => {
  test.each([
    ["GET", "/api/v1/nothing", 404],
    ["GET", "/api", 404],
    ["GET", "/generate_event", 404],
    ["POST", "/alerts/1", 404],
    ["POST", "/", 404],
    ["DELETE", "/api/v1/alerts/1", 405],
    ["GET", "/change", 405],
  ] as const)("%s %s stays a problem of status %i", async (method, url, status) => {
    const answer = await server(builtPage()).inject({
      method,
      url,
      headers: url === "/change" ? {} : browser,
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  });

  test("an address asked for by a program is not the page", async () => {
    const answer = await server(builtPage()).inject({
      url: "/alerts/1",
      headers: { accept: "application/json" },
    });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: "not_found" });
  });

  test.each([
    ["an answer", "/api/v1/alerts/1", "127.0.0.1", 200],
    ["a refusal", "/api/v1/alerts/1", "evil.example", 403],
    ["a missing address", "/api/v1/nothing", "127.0.0.1", 404],
  ])("%s of the API may not be run, framed or guessed at", async (_what, url, host, status) => {
    const answer = await server(builtPage()).inject({ url, headers: { host } });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-security-policy"]).toMatch(
      /^default-src 'none';.*frame-ancestors 'none'$/,
    );
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  });
});

/** Sends the path as it stands; clients that normalize it would hide what is tested. */
function getRaw(port: number, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((done, failed) => {
    const request = rawRequest({ host: "127.0.0.1", port, path, headers: { accept: "*/*" } }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        body += piece;
      });
      answer.on("end", () => done({ status: answer.statusCode, body }));
    });
    request.on("error", failed).end();
  });
}
