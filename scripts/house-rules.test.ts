import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { houseFaults } from "./house-rules.ts";
import { root } from "./root.ts";
import { runCommand, tool } from "./run-command.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-house-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const lines = (count: number): string => "  step();\n".repeat(count);

describe("the rules of our own", () => {
  it.each([
    ["packages/server/src/detect/utils.ts", "const a = 1;", '"utils" names nothing'],
    ["packages/server/src/shared/clock.ts", "const a = 1;", '"shared" names nothing'],
    ["packages/server/src/detect/index.ts", "const a = 1;", "index.ts is for the public list of a package"],
    ["packages/sigma/src/rule.ts", "interface IRule {}", "IRule: no I prefixes"],
    ["packages/server/src/detect/detect.ts", "const at = new Date();", "take a Clock"],
    ["packages/server/src/detect/detect.ts", 'const shape = "embedded";', "known to app/ only"],
    ["packages/server/src/cli/serve.ts", "const allInOne = 1;", "known to app/ only"],
    ["packages/sigma/src/rule.ts", "export const level = 1;", "level: say in a sentence what is promised"],
    ["packages/sigma/src/rule.ts", "export function load() {}", "load: say in a sentence"],
    ["packages/sigma/src/rule.ts", `function load() {\n${lines(12)}}`, "the median function has 14 lines"],
  ])("in %s `%s` is reported", (path, text, message) => {
    plant(path, text);
    expect(houseFaults(folder).join("\n")).toContain(message);
  });

  it.each([
    ["packages/server/src/app/connect.ts", 'const shape = "embedded"; const at = new Date();'],
    ["packages/server/src/detect/detect.ts", "// embedded: committed and fsynced\nconst at = new Date(0);"],
    ["packages/server/src/detect/detect.test.ts", 'export const shape = "embedded";'],
    ["packages/contracts/src/event.ts", "/** Promise. */\nexport const Event = 1;\nexport type Event = 1;"],
    ["packages/contracts/src/index.ts", 'export * from "./event.ts";'],
  ])("in %s `%s` is allowed", (path, text) => {
    plant(path, text);
    expect(houseFaults(folder)).toEqual([]);
  });

  it("names the line", () => {
    plant("packages/sigma/src/rule.ts", "\n\nexport const level = 1;");
    expect(houseFaults(folder)).toEqual([
      "packages/sigma/src/rule.ts:3: level: say in a sentence what is promised",
    ]);
  });
});

describe("the rules that oxlint checks for us", () => {
  beforeEach(() => {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = { strict: true, target: "es2024", module: "nodenext", types: [] };
    plant("tsconfig.json", JSON.stringify({ compilerOptions, include: ["packages"] }));
  });

  async function verdict(): Promise<string> {
    return (await runCommand([...tool("oxlint"), "packages"], { cwd: folder, output: "keep", seconds: 60 }))
      .output;
  }

  it.each([
    ["a file over 400 lines", "packages/sigma/src/long.ts", "step();\n".repeat(401), "eslint(max-lines)"],
    [
      "a function over 60 lines",
      "packages/sigma/src/long.ts",
      `function f() {\n${lines(60)}}`,
      "max-lines-per-function",
    ],
    ["a fourth parameter", "packages/sigma/src/a.ts", "function f(a, b, c, d) {}", "eslint(max-params)"],
    ["Date.now in a stage", "packages/server/src/detect/a.ts", "step(Date.now());", "Take a Clock"],
    [
      "Math.random in a stage",
      "packages/server/src/detect/a.ts",
      "step(Math.random());",
      "source of randomness",
    ],
    [
      "process.env outside of app/config.ts",
      "packages/server/src/app/app.ts",
      'step(process.env["A"]);',
      "no-process-env",
    ],
    ["a name in camel case", "packages/sigma/src/parseRule.ts", "step();", "filename-case"],
    [
      "a promise left floating",
      "packages/sigma/src/a.ts",
      "async function f() {}\nf();",
      "no-floating-promises",
    ],
    [
      "a promise as a condition",
      "packages/sigma/src/a.ts",
      "async function f() {}\nif (f()) step();",
      "no-misused-promises",
    ],
    ["await of what is no promise", "packages/sigma/src/a.ts", "await 1;\nexport {};", "await-thenable"],
  ])("%s is reported", async (_claim, path, text, rule) => {
    plant(path, text);
    expect(await verdict()).toContain(rule);
  });

  it.each([
    ["packages/server/src/app/config.ts", 'step(process.env["A"], Date.now());'],
    ["packages/server/src/transport/rabbitmq.ts", "step(Math.random(), Date.now());"],
    [
      "packages/server/src/detect/a.test.ts",
      `export function f(a, b, c, d) {\n${lines(500)}  step(a, b, c, d);\n}`,
    ],
  ])("in %s what belongs there is allowed", async (path, text) => {
    plant(path, text);
    expect(await verdict()).toContain("0 errors");
  });
});
