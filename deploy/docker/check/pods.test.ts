import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { renderedPods } from "./pods.ts";

const folder = mkdtempSync(join(tmpdir(), "auditflow-pods-"));
afterAll(() => rmSync(folder, { recursive: true }));

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: af-audit-log-analysis}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 30
      securityContext: {runAsUser: 10001, runAsGroup: 10001, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: audit-log-analysis
          args: [serve, audit-log-analysis]
          env: [{name: TRANSPORT_URL_FILE, value: /run/secrets/auditflow/transport-url}]
          ports: [{name: http, containerPort: 5001}]
          resources: {limits: {memory: 512Mi}}
          securityContext:
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          livenessProbe: {httpGet: {path: /livez, port: http}}
          readinessProbe: {httpGet: {path: /readyz, port: http}}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: secrets, mountPath: /run/secrets/auditflow}
            - {name: level, mountPath: /etc/auditflow/log-level}
      volumes:
        - {name: tmp, emptyDir: {sizeLimit: 16Mi}}
        - name: secrets
          secret: {secretName: credentials, items: [{key: transport-url.audit-log-analysis, path: transport-url}]}
        - {name: level, configMap: {name: af-log-level}}
`;
const level = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: af-log-level}\ndata: {level: debug}\n";

it("reads how Kubernetes would run a service, with the files that it would find", () => {
  writeFileSync(join(folder, "k8s-deployment.yaml"), deployment);
  writeFileSync(join(folder, "k8s-configmap.yaml"), level);
  expect(renderedPods(folder)).toEqual([
    {
      service: "audit-log-analysis",
      args: ["serve", "audit-log-analysis"],
      env: { TRANSPORT_URL_FILE: "/run/secrets/auditflow/transport-url" },
      port: 5001,
      user: "10001:10001",
      memoryBytes: 512 * 2 ** 20,
      readOnly: true,
      dropsAll: true,
      noNewPrivileges: true,
      seccomp: "RuntimeDefault",
      scratch: { "/tmp": 16 * 2 ** 20 },
      mounts: {
        "/run/secrets/auditflow": [{ path: "transport-url", secretKey: "transport-url.audit-log-analysis" }],
        "/etc/auditflow/log-level": [{ path: "level", text: "debug" }],
      },
      livePath: "/livez",
      readyPath: "/readyz",
      preStopSeconds: 5,
      graceSeconds: 30,
    },
  ]);
});

it("refuses a pod that mounts a ConfigMap which was not rendered", () => {
  writeFileSync(join(folder, "k8s-configmap.yaml"), level.replace("af-log-level", "another"));
  expect(() => renderedPods(folder)).toThrow("there is no ConfigMap af-log-level");
});
