import { expect, it } from "vitest";
import { checkCompose, composeText } from "./compose-checks.ts";
import { Report } from "./report.ts";

async function faultsOf(text: string): Promise<string> {
  const report = new Report(() => undefined);
  await checkCompose(report, text);
  return report.rows
    .filter(({ result }) => result === "FAIL")
    .map(({ detail }) => detail)
    .join("\n");
}

it("has nothing to say against the file as it is", async () => {
  expect(await faultsOf(composeText())).toBe("");
});

it.each([
  ["a service that is not run", /serve, audit-log-analysis/, "serve, all", "not run: audit-log-analysis"],
  ["a root that can be written", /read_only: true/, "read_only: false", "its root can be written"],
  ["a user by name", /user: "10001:10001"/, "user: root", "its user is not a number, or root"],
  ["a kept capability", /cap_drop: \[ALL\]/, "cap_drop: [NET_RAW]", "it keeps capabilities"],
  ["privileges that may grow", /no-new-privileges:true/, "no-new-privileges:false", "it may gain privileges"],
  [
    "an image without an exact tag",
    /redis:7\.4\.5-bookworm/,
    "redis:latest",
    "redis: image redis:latest has no exact tag",
  ],
  ["a port for everybody", /127\.0\.0\.1:8080:8080/, "8080:8080", "port 8080:8080 is open to all"],
  [
    "a secret that is not given",
    /\n {6}- windows-url\n/,
    "\n",
    "WINDOWS_URL_FILE is /run/secrets/windows-url, which it is not given",
  ],
  ["a variable that nobody reads", /AUDITFLOW_BASE_URL/, "AUDITFLOW_BASEURL", "AUDITFLOW_BASEURL"],
  ["a service without memory limit", /mem_limit: 512m\n/, "\n", "no mem_limit"],
])("reports %s", async (_, pattern, replacement, sentence) => {
  const text = composeText();
  expect(text).toMatch(pattern);
  expect(await faultsOf(text.replace(pattern, replacement))).toContain(sentence);
});
