import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../scripts/root.ts";

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const command = ["--conditions=auditflow-source", `${root}/conformance/run.ts`, ...args];
  const { PATH = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: "utf8",
    cwd: "/",
    env: { PATH, ...environment },
  });
  return { status, stdout, stderr };
}

test("without the rules and the specification it fails and says what to set", () => {
  const { status, stderr } = run(["--corpus", "tmp/nothing-here"]);
  expect(status).toBe(1);
  expect(stderr).toContain("no specification in tmp/nothing-here");
  expect(stderr).toContain("AUDITFLOW_CORPUS");
});

test("an option that is not known shows the usage", () => {
  const { status, stderr } = run(["--dropfield", "Image"]);
  expect(status).toBe(2);
  expect(stderr).toContain("--drop-field NAME");
});
