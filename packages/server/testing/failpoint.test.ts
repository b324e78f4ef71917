import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const here = fileURLToPath(new URL("..", import.meta.url));
const source = "--conditions=auditflow-source";
const faulty = "--conditions=auditflow-faults";

/** Runs a few lines as a module of this package. */
function run(
  code: string,
  { failpoint, flags = [source, faulty] }: { failpoint?: string; flags?: string[] },
) {
  const program = `import { failpoint, heedsFailpoints } from "#failpoint";\n${code}`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "-e", program],
    {
      ...{ cwd: here, encoding: "utf8", timeout: 15_000 },
      env: { PATH: process.env["PATH"], ...(failpoint && { AUDITFLOW_FAILPOINT: failpoint }) },
    },
  );
  return { stdout, stderr, status, signal };
}

const passThrice = `
  for (const id of ["a:1", "a:2", "a:3"]) {
    try { await failpoint("notify.committed", [{ id }]); console.log("passed " + id); }
    catch (error) { console.log(error.message); }
  }`;

describe("a failpoint", { timeout: 60_000 }, () => {
  test("kills the process as SIGKILL does, at the nth passing, having said so", () => {
    const { stdout, stderr, signal } = run(passThrice, { failpoint: "notify.committed:kill:2" });
    expect({ stdout, signal }).toEqual({ stdout: "passed a:1\n", signal: "SIGKILL" });
    expect(stderr).toBe("failpoint notify.committed kill\n");
  });

  test("throws for what contains the text and for nothing else", () => {
    const { stdout } = run(passThrice, { failpoint: "detect.stepped:kill;notify.committed:error:a:2" });
    expect(stdout).toBe("passed a:1\nfailpoint notify.committed\npassed a:3\n");
  });

  test("waits before what follows goes on", () => {
    const code = `setTimeout(() => console.log("meanwhile"), 5);
      await failpoint("notify.sent"); console.log("later");`;
    expect(run(code, { failpoint: "notify.sent:delay=200" }).stdout).toBe("meanwhile\nlater\n");
  });

  test.each(["notify.comitted:kill", "notify.sent:explode", "notify.sent", "notify.sent:delay"])(
    "%s is refused before anything starts",
    (failpoint) => {
      const { status, stderr } = run("", { failpoint });
      expect(status).toBe(1);
      expect(stderr).toContain(`AUDITFLOW_FAILPOINT: "${failpoint}" cannot be read`);
    },
  );

  test("is an empty function without the condition", () => {
    const code = `console.log(heedsFailpoints, failpoint("notify.sent"));`;
    expect(run(code, { failpoint: "notify.sent:kill", flags: [source] }).stdout).toBe("false undefined\n");
  });
});

test("what is published has no failpoint in it", () => {
  const { files, imports } = JSON.parse(readFileSync(`${here}/package.json`, "utf8")) as {
    files: string[];
    imports: Record<string, Record<string, string>>;
  };
  expect(files).toEqual(["bin", "dist"]);
  expect(imports["#failpoint"]?.["default"]).toBe("./dist/telemetry/no-failpoint.js");
});
