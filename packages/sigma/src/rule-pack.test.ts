import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createEvent } from "./event.ts";
import { loadRules, silentRules } from "./load.ts";
import { routeRules } from "./route.ts";

const folder = fileURLToPath(new URL("../../../rules", import.meta.url));
const files = globSync("*.yml", { cwd: folder }).filter((file) => !file.endsWith(".test.yml"));
const { rules, problems } = loadRules(
  files.sort().map((file) => ({ file, text: readFileSync(`${folder}/${file}`, "utf8") })),
);
const routes = routeRules(rules);

function matching(event: Readonly<Record<string, unknown>>, category: string): readonly string[] {
  const seen = createEvent({ scopes: [Object(event.details), event], logsource: { category } });
  return routes.candidates(seen).flatMap((rule) => (rule.matches(seen) ? [rule.name ?? rule.title] : []));
}

test("the rule pack loads, and every rule says whose it is and where it is wrong", () => {
  expect(problems).toEqual([]);
  expect(rules.map((rule) => rule.author)).toEqual(rules.map(() => "AuditFlow"));
  expect(rules.every((rule) => rule.tags.some((tag) => tag.startsWith("attack.t")))).toBe(true);
});

test("only the rules that others count are silent", () => {
  const silent = silentRules(rules);
  expect(rules.filter((rule) => silent.has(rule.id)).map((rule) => rule.name)).toEqual([
    "failed_login",
    "successful_login_from_outside",
    "successful_password_login",
    "failed_logins_in_a_row",
  ]);
});

test("the sensitive file of the first AuditFlow's generator matches as it was sent", () => {
  const event = {
    event_id: "5d9c1f3e-6b0a-4f0e-9a43-0c8e7c1d2b3a",
    timestamp: "2025-06-09T10:15:30.123456+00:00Z",
    source_service: "audit-event-generator",
    server_hostname: "prod-web-01",
    event_type: "file_modified",
    severity: "CRITICAL",
    user_id: "attacker_bob",
    action_result: "MODIFIED",
    details: {
      resource: "/etc/passwd",
      old_checksum: "a1b2c3d4",
      new_checksum: "e5f6a7b8",
      size_change_bytes: 120,
    },
  };
  expect(matching(event, "file_event")).toEqual(["sensitive_file_modified"]);
  expect(matching({ ...event, details: { resource: "/tmp/etc/passwd" } }, "file_event")).toEqual([]);
});

test.each([
  ["FAILURE", ["failed_login"]],
  ["SUCCESS", ["successful_login_from_outside", "successful_password_login"]],
])("a login with the result %s matches %j", (action_result, names) => {
  expect(matching({ event_type: "user_login", action_result }, "authentication")).toEqual(names);
});
