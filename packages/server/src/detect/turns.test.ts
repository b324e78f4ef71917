import { expect, test } from "vitest";
import { turns } from "./turns.ts";

test("work about one key is done in the order of the calls, other work does not wait", async () => {
  const inTurn = turns();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn(["a", "b"], async () => {
    await gate.promise;
    done.push("first");
  });
  const second = inTurn(["b", "c"], async () => done.push("second"));
  const third = inTurn(["c"], async () => done.push("third"));
  await inTurn(["d"], async () => done.push("other"));
  gate.resolve();
  await Promise.all([first, second, third]);
  expect(done).toEqual(["other", "first", "second", "third"]);
});

test("work that fails lets the next one through", async () => {
  const inTurn = turns();
  const failing = inTurn(["a"], () => Promise.reject(new Error("no")));
  const next = inTurn(["a"], () => Promise.resolve("yes"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});
