import { expect, test } from "vitest";
import { checkSameOrigin } from "./session-origin.ts";

const host = "audit.example:8080";
const here = `http://${host}`;
const base = "https://audit.example/flow";

test.each([
  ["a page of this server", "POST", { host, origin: here }, true],
  ["the same, through a proxy that speaks HTTPS", "POST", { host, origin: `https://${host}` }, true],
  [
    "a page of the base URL, where a proxy changed the host",
    "PUT",
    { host: "pod", origin: "https://audit.example" },
    true,
  ],
  ["another site", "POST", { host, origin: "https://evil.example" }, false],
  ["another port of this host", "POST", { host, origin: "http://audit.example:9999" }, false],
  ["a sandboxed frame", "DELETE", { host, origin: "null" }, false],
  ["a file on the disk", "POST", { host, origin: "file://" }, false],
  ["an origin that is none", "POST", { host, origin: "::" }, false],
  ["what the browser calls the same origin", "POST", { host, "sec-fetch-site": "same-origin" }, true],
  ["what the browser calls the same site only", "PATCH", { host, "sec-fetch-site": "same-site" }, false],
  [
    "what the browser calls another site, whatever its origin",
    "POST",
    { host, origin: here, "sec-fetch-site": "cross-site" },
    false,
  ],
  ["no browser", "POST", { host }, true],
  [
    "reading, from anywhere",
    "GET",
    { host, origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    true,
  ],
] as const)("%s (%s) is told apart", (_who, method, headers, isLet) => {
  const check = (): void => checkSameOrigin({ method, headers }, base);
  if (isLet) expect(check).not.toThrow();
  else expect(check).toThrow(/may not use the session/);
});
