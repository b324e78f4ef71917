import type { AuditEvent } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { takeEventList } from "./kubernetes-audit.ts";
import { refusalOf } from "./take-body.ts";

const now = Date.parse("2026-01-15T09:00:05.000Z");

const secretsListed = {
  level: "Metadata",
  auditID: "7f1c0a3e-0a51-4b3c-9f0a-0d6f2f1f7c11",
  stage: "ResponseComplete",
  requestURI: "/api/v1/namespaces/prod/secrets",
  verb: "list",
  user: { username: "system:serviceaccount:prod:web", groups: ["system:serviceaccounts"] },
  sourceIPs: ["10.42.0.9"],
  objectRef: { resource: "secrets", namespace: "prod", apiVersion: "v1" },
  responseStatus: { metadata: {}, status: "Failure", code: 403 },
  requestReceivedTimestamp: "2026-01-15T09:00:00.123456Z",
  stageTimestamp: "2026-01-15T09:00:00.125000Z",
};

const shell = {
  ...secretsListed,
  auditID: "0d1f6d0c-51a8-4ad8-8a3a-6f2f7c110a51",
  verb: "create",
  requestURI: "/api/v1/namespaces/prod/pods/web-0/exec?command=sh",
  objectRef: { resource: "pods", namespace: "prod", name: "web-0", subresource: "exec" },
  responseStatus: { metadata: {}, code: 101 },
};

const head = '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":';

function listOf(...items: readonly unknown[]): Buffer {
  return Buffer.from(`${head}${JSON.stringify(items)}}\n`);
}

test("each item of a list is an event that rules for Kubernetes read by its own names", () => {
  const { events, items } = takeEventList(listOf(secretsListed, shell), now);
  expect(events).toEqual([
    {
      event_id: items[0]?.event_id,
      timestamp: "2026-01-15T09:00:00.123Z",
      source_service: "audit",
      server_hostname: "unknown",
      event_type: "list",
      severity: "INFO",
      user_id: "system:serviceaccount:prod:web",
      action_result: "FAILURE",
      client_ip: "10.42.0.9",
      resource: "/api/v1/namespaces/prod/secrets",
      logsource: { product: "kubernetes", category: "application", service: "audit" },
      details: secretsListed,
      received_at: "2026-01-15T09:00:05.000Z",
      source: "kubernetes-audit",
    },
    expect.objectContaining({ event_type: "create", action_result: "SUCCESS", details: shell }),
  ]);
});

test("a batch that is posted again gives the same ids, in whichever batch an item comes", () => {
  const ids = (body: Buffer): unknown[] => takeEventList(body, now).items.map(({ event_id }) => event_id);
  const [first, second] = ids(listOf(secretsListed, shell));
  expect(ids(listOf(shell))).toEqual([second]);
  expect(ids(listOf({ ...secretsListed, stage: "ResponseStarted" }))).not.toEqual([first]);
});

test("an item whose text writing would change keeps it", () => {
  const text = JSON.stringify(shell).replace('"code":101', '"code":1.010e2');
  const [event] = takeEventList(Buffer.from(`${head} [ ${text} ] }`), now).events as readonly AuditEvent[];
  expect(event?.raw).toBe(text);
});

test("an item that is no event harms no neighbour", () => {
  const { auditID: _, ...nameless } = shell;
  const taken = takeEventList(listOf(nameless, secretsListed, 7), now);
  expect(taken.items.map(({ status }) => status)).toEqual(["rejected", "accepted", "rejected"]);
  expect(refusalOf(takeEventList(listOf(nameless), now)).faults).toEqual([
    { pointer: "/items/0/auditID", detail: "is missing" },
  ]);
});

test.each([
  ["an event of ours", '{"event_id":"1"}', "invalid_event", "This is no EventList"],
  ["an array", "[]", "invalid_event", "This is no EventList"],
  [
    "another list",
    `${head.replace("audit.k8s.io", "events.k8s.io")}[]}`,
    "invalid_event",
    "This is no EventList",
  ],
  [
    "a list without items",
    '{"kind":"EventList","apiVersion":"audit.k8s.io/v1"}',
    "invalid_event",
    "This is no EventList",
  ],
  ["an empty list", `${head}[]}`, "invalid_event", "/items holds no event"],
  ["null", "null", "invalid_event", "This is no EventList"],
  ["half a list", `${head}[`, "malformed_json", ""],
])("%s is refused in words", (_, body, code, words) => {
  const refused = (): unknown => takeEventList(Buffer.from(body), now);
  expect(refused).toThrow(words);
  expect(refused).toThrow(expect.objectContaining({ code }));
});
