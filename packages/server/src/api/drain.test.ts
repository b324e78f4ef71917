import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { drainable } from "./drain.ts";
import { createHttp } from "./server.ts";

const clean: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

/** A listening server with a route that answers when it is told to, and a stream that never ends. */
async function site(patience: number) {
  const http = createHttp({
    ...{ log, host: "127.0.0.1", token: undefined, allowedHosts: [] },
    anonymousAccess: "viewer",
  });
  const drain = drainable(http, { patience, mostMilliseconds: patience });
  const slow = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const config = { access: "public" } as const;
  http.get("/readyz", { config }, () => ({ status: "fail" }));
  http.get("/quick", { config }, () => ({ ok: true }));
  http.addHook("onRequest", async ({ url }) => {
    if (url !== "/quick") begun.resolve();
  });
  http.post("/upload", { config }, () => ({ ok: true }));
  http.get("/slow", { config }, async () => {
    await slow.promise;
    return { ok: true };
  });
  http.get("/stream", { config }, (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).flushHeaders();
  });
  const url = await http.listen({ host: "127.0.0.1", port: 0 });
  clean.push(async () => {
    http.server.closeAllConnections();
    await http.close();
  });
  return { http, drain, url, finish: slow.resolve, begun: begun.promise };
}

describe("a draining server", () => {
  test("answers what was under way, and refuses what comes then, probes excepted", async () => {
    const { drain, url, finish, begun } = await site(60_000);
    const underWay = fetch(`${url}/slow`);
    await begun;
    const drained = drain();
    const refused = await fetch(`${url}/quick`);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: "draining" });
    expect(refused.headers.get("connection")).toBe("close");
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    finish();
    expect((await underWay).status).toBe(200);
    await drained;
  });

  test("does not wait for a stream, which has begun and never ends", async () => {
    const { drain, url } = await site(60_000);
    await fetch(`${url}/stream`);
    await drain();
  });

  test("waits no longer than its patience for an answer, and then cuts it", async () => {
    const { http, drain, url, begun } = await site(50);
    const underWay = fetch(`${url}/slow`).then(
      () => "answered",
      () => "cut",
    );
    await begun;
    await drain();
    await http.close();
    expect(await underWay).toBe("cut");
  });

  test("cuts a request whose body never comes to its end", async () => {
    const { http, drain, url, begun } = await site(50);
    const end = Promise.withResolvers<string>();
    const headers = { "content-type": "application/json", "content-length": "10" };
    const upload = httpRequest(`${url}/upload`, { method: "POST", headers });
    upload.on("error", () => end.resolve("cut"));
    upload.on("response", ({ statusCode }) => end.resolve(String(statusCode)));
    upload.write("{");
    await begun;
    await drain();
    await http.close();
    expect(await end.promise).toBe("cut");
  });
});
