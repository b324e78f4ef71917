import { describe, expect, it } from "vitest";
import { SignInWish } from "./sign-in-wish.ts";

describe("the wish to sign in", () => {
  it("is told once, with the first reason, however many questions are refused", () => {
    const wish = new SignInWish();
    const told: unknown[] = [];
    wish.listen(() => told.push(wish.wish));
    wish.ask("The session is over");
    wish.ask("another reason");
    expect(told).toEqual([{ asked: true, why: "The session is over" }]);
  });

  it("is gone once it is settled, and can come again", () => {
    const wish = new SignInWish();
    wish.ask();
    wish.settle();
    expect(wish.wish).toEqual({ asked: false });
    wish.ask("again");
    expect(wish.wish).toEqual({ asked: true, why: "again" });
  });

  it("is told to nobody who has stopped listening", () => {
    const wish = new SignInWish();
    let told = 0;
    wish.listen(() => told++)();
    wish.ask();
    expect(told).toBe(0);
  });
});
