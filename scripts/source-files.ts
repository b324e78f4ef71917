import { globSync } from "node:fs";

const skipped = /(?:^|\/)(?:node_modules|dist|generated|fixtures|\.[^/]+)(?:\/|$)/;

/** All TypeScript files of ours under `folder`, as sorted paths relative to it, with forward slashes. */
export function sourceFiles(folder: string): string[] {
  const patterns = [
    "packages/*/{src,testing}/**/*.{ts,tsx}",
    "{scripts,scenarios,faults,bench,conformance,oracle,deploy}/**/*.ts",
  ];
  return globSync(patterns, { cwd: folder, exclude: (path) => skipped.test(path) })
    .filter((path) => !skipped.test(path))
    .sort();
}

/** Whether a file is test code: a test, a contract suite or what only those use. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$|\/contract\.ts$|^packages\/[^/]+\/testing\/|^(?:scenarios|faults)\//.test(path);
}
