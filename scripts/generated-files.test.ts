import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AnySchema } from "ajv";
import { afterEach, beforeEach, expect, it } from "vitest";
import { generatedFiles, staleFiles } from "./generated-files.ts";
import { root } from "./root.ts";

const { Ajv2020 } = createRequire(import.meta.url)("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
const files = generatedFiles("1.2.3", { openapi: "3.1.0" });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-generated-"));
  for (const [path, text] of files) put(path, text);
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const schemaPaths = [...files.keys()].filter((path) => path.endsWith(".schema.json"));

it("the contracts of events, alerts, refusals, health and problems are each a file", () => {
  const names = schemaPaths.map((path) => path.replace(/.*\/|\.schema\.json/g, ""));
  expect(names).toEqual(
    expect.arrayContaining(["audit-event", "alert", "quarantined-record", "health", "problem"]),
  );
});

it.each(schemaPaths)("%s is a whole JSON Schema of draft 2020-12", (path) => {
  const schema = JSON.parse(files.get(path) ?? "") as AnySchema & { $id: string };
  expect(schema.$id).toMatch(/^urn:auditflow:schema:v1:[a-z-]+$/);
  expect(() => new Ajv2020({ strict: false }).compile(schema)).not.toThrow();
});

it("an alert whose raw event is no event is refused by the generated schema", () => {
  const schema = JSON.parse(files.get("packages/contracts/generated/alert.schema.json") ?? "") as {
    properties: Record<string, object>;
    $defs: object;
  };
  const validate = new Ajv2020({ strict: false }).compile({
    ...schema.properties["raw_event_data"],
    $defs: schema.$defs,
  });
  expect(validate(null)).toBe(true);
  expect(validate({ event_id: "no" })).toBe(false);
});

it("generating again gives the same bytes", () => {
  expect([...generatedFiles("1.2.3", { openapi: "3.1.0" })]).toEqual([...files]);
});

it("every error code has its section", async () => {
  const { errorTable } = await import("@auditflow/contracts");
  const page = files.get("docs/reference/errors.md") ?? "";
  for (const code of Object.keys(errorTable)) expect(page).toContain(`\n## ${code}\n`);
});

it("fresh files are not stale", () => {
  expect(staleFiles(folder, files)).toEqual([]);
});

it("a changed, a missing and a left-over file are stale", () => {
  put("packages/contracts/generated/alert.schema.json", "{}\n");
  put("packages/contracts/generated/left-over.json", "{}\n");
  rmSync(join(folder, "docs/reference/errors.md"));
  expect(staleFiles(folder, files)).toEqual([
    "docs/reference/errors.md",
    "packages/contracts/generated/alert.schema.json",
    "packages/contracts/generated/left-over.json",
  ]);
});

it("every reference of the checked-in OpenAPI document leads somewhere", () => {
  const text = readFileSync(join(root, "packages/contracts/generated/openapi.json"), "utf8");
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
  const named = [...text.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name ?? "",
  );
  expect(named).toContain("AlertSummary");
  expect(named.filter((name) => !(name in components.schemas))).toEqual([]);
});
