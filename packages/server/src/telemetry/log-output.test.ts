import { expect, test } from "vitest";
import { BoundedOutput, type Outlet } from "./log-output.ts";

/** An outlet that takes a piece when the test says so. */
function held(most = 100) {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  let fault: Error | undefined;
  const outlet: Outlet = {
    most,
    send: (piece, done) => {
      waiting.push(() => {
        if (fault === undefined) taken.push(String(piece));
        done(fault);
      });
    },
    sendNow: (piece) => {
      if (fault !== undefined) throw fault;
      taken.push(String(piece));
    },
    isWaiting: () => waiting.length > 0,
  };
  const flow = (): void => {
    for (let take = waiting.shift(); take !== undefined; take = waiting.shift()) take();
  };
  const fail = (error: Error | undefined): void => {
    fault = error;
  };
  return { outlet, taken, flow, fail };
}

const line = (n: number): string => `line ${String(n).padStart(4, "0")}\n`;

test("pieces hold whole lines in their order and keep to their bound", () => {
  const { outlet, taken, flow } = held(25);
  const output = new BoundedOutput(outlet);
  const lines = Array.from({ length: 20 }, (_, n) => line(n));
  for (const text of lines) output.write(text);
  flow();
  expect(taken.join("")).toBe(lines.join(""));
  for (const piece of taken) expect(piece).toMatch(/^(line \d{4}\n){1,2}$/);
});

test("what a reader does not take is kept up to the bound; the rest is counted and told when it flows again", () => {
  const { outlet, taken, flow } = held();
  const output = new BoundedOutput(outlet, 1_000);
  let lost = 0;
  const told: number[] = [];
  output.onDrop = (lines) => {
    lost += lines;
  };
  output.onFlow = (lines) => told.push(lines);
  for (let n = 0; n < 250; n++) output.write(line(n));
  expect(lost).toBe(150);
  expect(told).toEqual([]);
  flow();
  expect(taken.join("").trim().split("\n")).toHaveLength(100);
  expect(told).toEqual([150]);
  for (let n = 0; n < 101; n++) output.write(line(n));
  flow();
  expect(told).toEqual([150, 1]);
});

test("a reader that is gone costs nothing but the count", () => {
  const { outlet, flow } = held();
  const output = new BoundedOutput(outlet, 1_000);
  let lost = 0;
  output.onDrop = (lines) => {
    lost += lines;
  };
  for (let n = 0; n < 30; n++) output.write(line(n));
  output.giveUp();
  for (let n = 0; n < 30; n++) output.write(line(n));
  flow();
  expect(lost).toBe(60);
});

test("a piece that cannot be written is counted, and the next one is tried", () => {
  const { outlet, taken, flow, fail } = held(20);
  const output = new BoundedOutput(outlet);
  let lost = 0;
  output.onDrop = (lines) => {
    lost += lines;
  };
  fail(new Error("ENOSPC"));
  for (let n = 0; n < 4; n++) output.write(line(n));
  flow();
  fail(undefined);
  output.write(line(4));
  flow();
  expect(lost).toBe(4);
  expect(taken).toEqual([line(4)]);
});

test("closing waits for what is not taken yet, and not for ever", async () => {
  const { outlet, taken, flow } = held();
  const output = new BoundedOutput(outlet);
  output.write(line(1));
  output.write(line(2));
  await output.close(10);
  expect(taken).toEqual([]);
  const closed = output.close(60_000);
  flow();
  await closed;
  expect(taken).toEqual([line(1), line(2)]);
});

test("the end of the process writes what waits, each line once", () => {
  const { outlet, taken } = held(20);
  const output = new BoundedOutput(outlet);
  for (let n = 0; n < 5; n++) output.write(line(n));
  output.flushNow();
  expect(taken.join("")).toBe([0, 1, 2, 3, 4].map(line).join(""));
});

test("the end of the process does not wait for a reader that stands still", () => {
  const { outlet, taken, fail } = held(20);
  const output = new BoundedOutput(outlet);
  for (let n = 0; n < 5; n++) output.write(line(n));
  fail(Object.assign(new Error("full"), { code: "EAGAIN" }));
  output.flushNow();
  expect(taken).toEqual([]);
});
