import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DependencyVerdict, dependencyVerdict } from "./dependency-rules.ts";
import { root } from "./root.ts";

const server = "packages/server/src";

// A small tree in which every import is allowed.
const clean: Readonly<Record<string, readonly string[]>> = {
  "packages/contracts/src/index.ts": [],
  "packages/sigma/src/index.ts": [],
  "packages/dashboard/src/page.ts": ["@auditflow/contracts"],
  [`${server}/telemetry/clock.ts`]: [],
  [`${server}/transport/transport.ts`]: ["@auditflow/contracts", "../telemetry/clock.ts"],
  [`${server}/transport/memory.ts`]: ["./transport.ts"],
  [`${server}/transport/contract.ts`]: ["./memory.ts"],
  [`${server}/alerts/record.ts`]: ["../transport/transport.ts"],
  [`${server}/detect/detect.ts`]: ["@auditflow/sigma", "../transport/transport.ts"],
  [`${server}/detect/detect.test.ts`]: ["./detect.ts", "../transport/memory.ts"],
  [`${server}/notify/notify.ts`]: ["../alerts/record.ts"],
  [`${server}/app/app.ts`]: ["../detect/detect.ts", "../notify/notify.ts", "../transport/memory.ts"],
  [`${server}/cli/scan.ts`]: ["../app/app.ts", "../detect/detect.ts"],
  [`${server}/main.ts`]: ["./cli/scan.ts"],
  "packages/server/testing/flow.ts": ["../src/app/app.ts"],
  "scripts/tool.ts": [],
};

// One planted import for each rule.
const planted: readonly (readonly [rule: string, from: string, to: string])[] = [
  ["contracts-and-sigma-stand-alone", "packages/contracts/src/planted-1.ts", "@auditflow/sigma"],
  ["contracts-and-sigma-stand-alone", "packages/sigma/src/planted-2.ts", "@auditflow/contracts"],
  ["contracts-and-sigma-do-no-io", "packages/sigma/src/planted-3.ts", "node:fs"],
  ["resources-know-no-stage", `${server}/transport/planted-4.ts`, "../detect/detect.ts"],
  ["resources-know-no-stage", `${server}/windows/planted-5.ts`, "../alerts/record.ts"],
  ["alerts-know-no-stage", `${server}/alerts/planted-6.ts`, "../notify/notify.ts"],
  ["stages-never-meet", `${server}/notify/planted-7.ts`, "../detect/detect.ts"],
  ["alerts-are-for-notify-and-api", `${server}/detect/planted-8.ts`, "../alerts/record.ts"],
  ["adapters-are-for-app-and-tests", `${server}/detect/planted-9.ts`, "../transport/memory.ts"],
  ["adapters-are-for-app-and-tests", `${server}/cli/planted-10.ts`, "../transport/memory.ts"],
  ["app-is-for-cli-and-main", `${server}/detect/planted-11.ts`, "../app/app.ts"],
  ["cli-is-for-main", `${server}/app/planted-12.ts`, "../cli/scan.ts"],
  ["dashboard-knows-contracts-alone", "packages/dashboard/src/planted-13.ts", "@auditflow/sigma"],
  ["packages-know-no-tooling", `${server}/app/planted-14.ts`, "../../../../scripts/tool.ts"],
  ["everything-resolves", `${server}/app/planted-15.ts`, "../detect/absent.ts"],
  ["no-cycles", `${server}/detect/planted-16.ts`, "./planted-17.ts"],
];

const folder = mkdtempSync(join(tmpdir(), "auditflow-dependencies-"));
let cleanVerdict: DependencyVerdict;
let plantedVerdict: DependencyVerdict;

beforeAll(async () => {
  for (const name of [".dependency-cruiser.cjs", "tsconfig.base.json"])
    copyFileSync(join(root, name), join(folder, name));
  for (const name of ["contracts", "sigma"]) linkPackage(name);
  for (const [path, imports] of Object.entries(clean)) plant(path, imports);
  cleanVerdict = await dependencyVerdict(folder);
  for (const [, from, to] of planted) plant(from, [to]);
  plant(`${server}/detect/planted-17.ts`, ["./planted-16.ts"]);
  plantedVerdict = await dependencyVerdict(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

function plant(path: string, imports: readonly string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), imports.map((name) => `import "${name}";\n`).join(""));
}

function linkPackage(name: string): void {
  mkdirSync(join(folder, "packages", name), { recursive: true });
  copyFileSync(join(root, "packages", name, "package.json"), join(folder, "packages", name, "package.json"));
  mkdirSync(join(folder, "node_modules/@auditflow"), { recursive: true });
  symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@auditflow", name));
}

it("a tree that keeps all rules has no violation, and all of it was read", () => {
  expect(cleanVerdict.violations).toEqual([]);
  expect(cleanVerdict.modules).toBe(Object.keys(clean).filter((path) => path.startsWith("packages/")).length);
});

it.each(planted)("%s: %s may not import %s", (rule, from) => {
  const broken = plantedVerdict.violations.filter((violation) => violation.from === from);
  expect(broken.map((violation) => violation.rule)).toContain(rule);
});

it("reports nothing but what was planted", () => {
  expect(plantedVerdict.violations.filter(({ from }) => !from.includes("/planted-"))).toEqual([]);
});

it("a folder without the configuration is an error, not a clean bill", async () => {
  await expect(dependencyVerdict(tmpdir())).rejects.toThrow();
});
