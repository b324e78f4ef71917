import { expect, test } from "vitest";
import { parse } from "yaml";
import { manifests } from "../helm/render-manifests.ts";
import { rendered } from "./rendered.ts";
import type { KubeObject } from "./rendered-kinds.ts";

const files = manifests();
const objects = [...files.values()].map((text) => parse(text) as KubeObject);

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

test("the plain manifests are all objects of the smallest installation but those of helm test", () => {
  const wanted = rendered({ file: "minimal" }).objects.map(nameOf);
  expect(objects.map(nameOf).sort()).toEqual(
    wanted.filter((name) => !name.endsWith("/auditflow-test")).sort(),
  );
});

test("kubectl, which reads YAML 1.1, sees in them what Helm rendered", () => {
  for (const text of files.values()) expect(parse(text, { version: "1.1" })).toEqual(parse(text));
});

test("they say of themselves nothing of Helm", () => {
  for (const [path, text] of files) {
    expect(text.split("\n").slice(1).join("\n"), path).not.toMatch(/helm/i);
  }
});

test("every file is k8s-<kind>.yaml in the folder of a service or server, or in shared with a name", () => {
  for (const path of files.keys())
    expect(path).toMatch(/^(?:[a-z-]+\/k8s-[a-z]+|shared\/k8s-[a-z]+-[a-z-]+)\.yaml$/);
});
