import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, report } from "./fault.ts";
import { checkout, trackedFiles } from "./tracked-files.ts";

const passwordInUrl = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'`<>]*:(?<password>[^\s/@"'`]+)@/gi;

// What documentation and tests write where a password would stand; each is plainly no password of anything.
const madeUp = new Set([
  ...["password", "secret", "secret-password", "hidden", "guest", "p", "pw", "pass"],
  ...["hunter2", "hunter22", "correcthorse", "s3cret", "p%40ss:w0rd"],
]);

/** Passwords in URLs of any scheme: refused but for placeholders (`${x}`, `<x>`, `***`, `PASSWORD`) and made-up ones. */
export function passwordFaults(file: string, text: string): Fault[] {
  return text.split("\n").flatMap((line, index) =>
    [...line.matchAll(passwordInUrl)]
      .map((match) => match.groups?.["password"] ?? "")
      .filter((password) => !isPlaceholder(password))
      .map(() => ({
        file: `${file}:${index + 1}`,
        at: "",
        message:
          "a password in a URL: read it from a file or a variable (deploy/checks/check-secrets.ts lists made-up ones)",
      })),
  );
}

function isPlaceholder(password: string): boolean {
  return madeUp.has(password) || /^(?:[A-Z_]+|[*.…x]+)$|[${}<>\\()[\]]/.test(password);
}

function isText(content: Buffer): boolean {
  return !content.subarray(0, 8000).includes(0);
}

if (import.meta.main) {
  const files = trackedFiles();
  const faults = files.flatMap((file) => {
    const content = readFileSync(join(checkout, file));
    return isText(content) ? passwordFaults(file, content.toString("utf8")) : [];
  });
  report(`${files.length} files`, faults);
}
