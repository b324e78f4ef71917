import { expect, test } from "vitest";
import { stringify } from "yaml";
import { manifestFaults } from "./check-manifests.ts";

const labels = { app: "analysis" };
const container = { name: "analysis", image: "auditflow:0.1.0" };
const user = { runAsNonRoot: true, runAsUser: 10001 };

function deployment(
  container_: object,
  securityContext: object = user,
  matchLabels: object = labels,
): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "analysis" },
    spec: {
      selector: { matchLabels },
      template: { metadata: { labels }, spec: { securityContext, containers: [container_] } },
    },
  };
}

function complaints(...objects: readonly object[]): string[] {
  const text = objects.map((object) => stringify(object)).join("---\n");
  return manifestFaults({ "a.yaml": text }).map(({ file, at, message }) => `${file} ${at}: ${message}`);
}

test("a deployment with an exact image, a numeric user and its own labels has no fault", () => {
  expect(complaints(deployment(container))).toEqual([]);
  expect(complaints(deployment({ ...container, securityContext: user }, {}))).toEqual([]);
});

test.each([
  ["auditflow", "auditflow has no exact tag"],
  ["registry:5000/auditflow", "registry:5000/auditflow has no exact tag"],
  ["auditflow:latest", "auditflow:latest has no exact tag"],
])("the image %s is refused", (image, sentence) => {
  const [complaint] = complaints(deployment({ ...container, image }));
  expect(complaint).toContain("a.yaml Deployment analysis /spec/template/spec/containers/0/image: ");
  expect(complaint).toContain(sentence);
});

test("an image by digest is exact", () => {
  expect(complaints(deployment({ ...container, image: `auditflow@sha256:${"a".repeat(64)}` }))).toEqual([]);
});

test("a container that could be root is refused, also where the pod is not", () => {
  expect(complaints(deployment(container, {})).join("\n")).toMatch(
    /runAsNonRoot: must be true.*\n.*runAsUser: must be/,
  );
  expect(complaints(deployment({ ...container, securityContext: { runAsUser: 0 } })).join("\n")).toContain(
    "runAsUser",
  );
});

test("a selector that misses its pods is refused", () => {
  expect(complaints(deployment(container, user, { app: "other" }))).toEqual([
    "a.yaml Deployment analysis /spec/selector/matchLabels: selects other labels than those of its own pods",
  ]);
});

test("a service, a budget and a policy for pods that nobody makes are refused", () => {
  const other = { matchLabels: { app: "other" } };
  const all = complaints(
    deployment(container),
    { apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: { selector: { app: "other" } } },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { selector: other },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "n" },
      spec: { podSelector: other },
    },
    { apiVersion: "v1", kind: "Service", metadata: { name: "t" }, spec: { selector: labels } },
  );
  expect(all).toHaveLength(3);
  expect(all.every((complaint) => complaint.endsWith("selects no pod of these files"))).toBe(true);
});

test("a pod of a cron job is looked into as well", () => {
  const spec = { containers: [{ ...container, image: "busybox" }], securityContext: user };
  const job = {
    kind: "CronJob",
    metadata: { name: "c" },
    spec: { jobTemplate: { spec: { template: { spec } } } },
  };
  expect(complaints(job)[0]).toContain("CronJob c /spec/jobTemplate/spec/template/spec/containers/0/image");
});

test("a secret with content does not get into Git", () => {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { token: "x" } };
  expect(complaints(secret)[0]).toContain("a secret does not belong into Git");
});
