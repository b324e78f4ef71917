import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ProbeOptions, startProbe } from "./probe.ts";

let told: (number | string)[] = [];
let stop: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

function probe(options: Pick<ProbeOptions, "ask" | "heard">): void {
  stop = startProbe({
    ...options,
    onAnswer: (latency) => told.push(latency),
    onFailure: (error) => told.push((error as Error).message),
  });
}

const never = (): Promise<never> => new Promise(() => undefined);

describe("a probe", () => {
  test("asks at once and 1.5 s after each answer, and tells how long it took", async () => {
    let asked = 0;
    probe({
      ask: async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 30));
      },
    });
    await vi.advanceTimersByTimeAsync(30);
    expect(told).toEqual([30]);
    await vi.advanceTimersByTimeAsync(1499);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(31);
    expect(told).toEqual([30, 30]);
  });

  test("in a black hole tells so after 2 s, and asks again", async () => {
    let asked = 0;
    probe({
      ask: () => {
        asked += 1;
        return never();
      },
    });
    await vi.advanceTimersByTimeAsync(1990);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(told).toEqual(["no answer within 2000 ms"]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(asked).toBe(2);
  });

  test("leaves a server in peace that sends and answers late, for 10 s", async () => {
    let bytes = 0;
    probe({ ask: never, heard: () => bytes++ });
    await vi.advanceTimersByTimeAsync(9990);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(told).toEqual(["no answer within 10000 ms, although it sends"]);
  });

  test("passes on why a question failed", async () => {
    probe({ ask: () => Promise.reject(new Error("terminated by an administrator")) });
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(["terminated by an administrator"]);
  });

  test("tells nobody anything once it is ended", async () => {
    const answer = Promise.withResolvers<void>();
    probe({ ask: () => answer.promise });
    await vi.advanceTimersByTimeAsync(100);
    stop();
    answer.resolve();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
