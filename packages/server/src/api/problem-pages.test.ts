import { errorTable, type Problem, problemType } from "@auditflow/contracts";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { problemPages } from "./problem-pages.ts";
import { createHttp } from "./server.ts";

let http: FastifyInstance;
beforeEach(() => {
  http = createHttp({ log, host: "0.0.0.0", token: "t", anonymousAccess: "none", allowedHosts: [] });
  problemPages(http);
});
afterEach(() => http.close());

const browser = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

test("the type of a problem leads to what it means, without a token", async () => {
  const { type } = (await http.inject("/nowhere")).json<Problem>();
  const { title, status, fix } = errorTable.not_found;
  expect((await http.inject(type)).json()).toMatchObject({ code: "not_found", type, title, status, fix });
});

test("to a browser it is a page that runs nothing, with a nonce that is new each time", async () => {
  const ask = (): Promise<LightMyRequestResponse> =>
    http.inject({ url: problemType("rate_limited"), headers: browser });
  const [first, second] = [await ask(), await ask()];
  expect(first.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(first.payload).toContain(errorTable.rate_limited.title);
  expect(first.payload).not.toContain("<script");
  const nonce = /<style nonce="([^"]+)">/.exec(first.payload)?.[1];
  expect(first.headers["content-security-policy"]).toContain(`'nonce-${nonce}'`);
  expect(second.payload).not.toContain(nonce);
});

test("every code has its page, as HTML and as JSON", async () => {
  for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
    const page = await http.inject({ url: problemType(code), headers: browser });
    expect([code, page.statusCode]).toEqual([code, 200]);
    const meaning = await http.inject({ url: problemType(code), headers: { accept: "application/json" } });
    expect(meaning.json()).toMatchObject({ code });
  }
});

test.each(["nothing", "__proto__", "toString", "%3Cscript%3E"])(
  "%s is no code: a 404 problem",
  async (code) => {
    const answer = await http.inject({ url: `/api/problems/${code}`, headers: browser });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  },
);
