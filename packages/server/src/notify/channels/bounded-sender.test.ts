import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { exampleNotice, exampleSurroundings } from "../../../testing/example-notice.ts";
import { boundedSender, urlSecrets } from "./bounded-sender.ts";
import type { SendOutcome } from "./channel.ts";

const never = new AbortController().signal;

describe("a bounded sender", () => {
  it("ends at its deadline also when the attempt does not heed the signal", async () => {
    const sender = boundedSender(
      exampleSurroundings({ deadlineMs: 20 }),
      [],
      () => new Promise(() => undefined),
    );
    expect(await sender.send(exampleNotice(), never)).toEqual({
      outcome: "retry",
      detail: "The receiver did not answer within 20 ms.",
    });
  });

  it("makes a retry of an error that nobody expected", async () => {
    const broken = async (): Promise<SendOutcome> =>
      Promise.reject(new Error("a fault of ours: secret-token"));
    const outcome = await boundedSender(exampleSurroundings(), [], broken).send(exampleNotice(), never);
    expect(outcome).toMatchObject({ outcome: "retry" });
    expect(outcome.detail).not.toContain("secret-token");
  });

  it("leaves nothing behind on the signal it was handed", async () => {
    const controller = new AbortController();
    const sender = boundedSender(exampleSurroundings(), [], async () => ({
      outcome: "delivered",
      detail: "",
    }));
    await sender.send(exampleNotice(), controller.signal);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("blanks out its secrets, the longest first, and keeps one line of 500 characters", async () => {
    const detail = `a long-secret-and-more\r\nb long-secret ${"x".repeat(1000)}`;
    const sender = boundedSender(
      exampleSurroundings(),
      ["long-secret", "long-secret-and-more", "b"],
      async () => ({
        outcome: "rejected",
        detail,
      }),
    );
    const outcome = await sender.send(exampleNotice(), never);
    expect(outcome.detail).toMatch(/^a … b … x+…$/);
    expect(outcome.detail).toHaveLength(500);
  });
});

describe("the secrets of a URL", () => {
  it("are its path, each part of that, and the values of its query", () => {
    const secrets = urlSecrets("https://h.example/services/T0/tok%20en?key=v%C3%A4lue&other");
    expect(secrets).toEqual(
      expect.arrayContaining(["/services/T0/tok%20en", "tok%20en", "?key=v%C3%A4lue&other", "välue"]),
    );
    expect(secrets).not.toContain("h.example");
  });
});
