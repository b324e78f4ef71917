import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

test("the example of the README prints what the README says", async () => {
  const readme = await readFile(`${folder}/README.md`, "utf8");
  const [, code = "", printed = ""] = /```js\n(.*?)```.*?```\n(.*?)```/s.exec(readme) ?? [];
  const options = ["--conditions=auditflow-source", "--input-type=module", "--eval", code];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, options, {
    cwd: folder,
    timeout: 15_000,
  });
  expect(stderr).toBe("");
  expect(stdout).toBe(printed);
});
