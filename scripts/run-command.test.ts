import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

it("what a program says on both outputs is kept with its code", async () => {
  const result = await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"], {
    output: "keep",
    seconds: 20,
  });
  expect(result.code).toBe(3);
  expect(result.output.split("\n").sort()).toEqual(["", "err", "out"]);
});

it("a program that does not exist is a failure with its name", async () => {
  const result = await runCommand(["no-such-program-here"], { output: "keep", seconds: 20 });
  expect(result.code).not.toBe(0);
  expect(result.output).toContain("no-such-program-here");
});

it("a program that runs too long is ended and has failed", async () => {
  const result = await runCommand(["sleep", "600"], { output: "keep", seconds: 0.05 });
  expect(result).toEqual({ code: 1, output: "sleep was ended after 0.05 s\n" });
});

it("an interruption ends the program", async () => {
  const controller = new AbortController();
  const running = runCommand(["sleep", "600"], { output: "keep", seconds: 20, signal: controller.signal });
  controller.abort();
  expect((await running).code).not.toBe(0);
});
