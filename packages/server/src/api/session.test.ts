import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { openSessions, sessionSeconds } from "./session.ts";

const start = Date.parse("2026-03-01T12:00:00.250Z");
const token = "the-right-token-of-all";

function heldClock(): { at: number; now(): number } {
  return {
    at: start,
    now() {
      return this.at;
    },
  };
}

describe("a session", () => {
  test("holds for 12 hours and no longer, in every process that has the token", async () => {
    const clock = heldClock();
    const text = await openSessions(token, clock).start();
    const other = openSessions(token, clock);
    clock.at = start + sessionSeconds * 1_000 - 1_000;
    expect(await other.check(text)).toMatchObject({ endsAt: start - 250 + 12 * 3_600_000, remaining: 750 });
    clock.at = start + sessionSeconds * 1_000;
    expect(await other.check(text)).toBeUndefined();
  });

  test("is none for who has another token, so that changing the token ends it", async () => {
    const text = await openSessions(token, heldClock()).start();
    expect(await openSessions(`${token}.`, heldClock()).check(text)).toBeUndefined();
  });

  test("does not show the token, and no two are the same", async () => {
    const sessions = openSessions(token, heldClock());
    const texts = [await sessions.start(), await sessions.start()];
    expect(new Set(texts).size).toBe(2);
    const shown = texts[0]!.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"));
    expect(shown.join(" ")).not.toContain(token);
  });

  test("with any character of it changed is none", async () => {
    const sessions = openSessions(token, heldClock());
    const text = await sessions.start();
    for (const at of [0, text.indexOf(".") + 4, text.lastIndexOf(".") + 4]) {
      const changed = `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
      expect(await sessions.check(changed), changed).toBeUndefined();
    }
  });

  test.each(["", ".", "a.b.c", "x".repeat(5_000), "null"])("%j is none", async (text) => {
    expect(await openSessions(token, heldClock()).check(text)).toBeUndefined();
  });

  test("that nobody signed, or that was signed with the token itself, is none", async () => {
    const sessions = openSessions(token, heldClock());
    const [, claims] = (await sessions.start()).split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    expect(await sessions.check(`${none}.${claims}.`)).toBeUndefined();
    const own = await new SignJWT({ iss: "auditflow", jti: "x", exp: start / 1_000 + 60 })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(token.padEnd(32)));
    expect(await sessions.check(own)).toBeUndefined();
  });
});
