import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadRules } from "@auditflow/sigma";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fieldDropper } from "./field-dropper.ts";
import { checkRegression } from "./regression.ts";

const id = "11111111-1111-4111-8111-111111111111";
const path = "regression_data/whoami/info.yml";
const rule = `
title: Whoami
id: ${id}
logsource: { product: windows, category: process_creation }
detection: { selection: { Image|endswith: '\\whoami.exe' }, condition: selection }
regression_tests_path: ${path}
`;
const event = (image: string, EventID = 1) =>
  JSON.stringify({ Event: { System: { EventID, Channel: "Sysmon" }, EventData: { Image: image } } }, null, 2);

let corpus: string;

beforeEach(() => {
  corpus = mkdtempSync(join(tmpdir(), "auditflow-corpus-"));
  plant(
    "sigma-specification/specification/sigma-appendix-taxonomy.md",
    "| windows | product: windows<br>category: process_creation | EventID: 1<br>Channel: Sysmon |\n",
  );
  plant(`sigmahq/${path}`, infoFor(1));
  plant(`sigmahq/regression_data/whoami/${id}.json`, event("C:\\whoami.exe"));
});
afterEach(() => rmSync(corpus, { recursive: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(corpus, file)), { recursive: true });
  writeFileSync(join(corpus, file), text);
}

function infoFor(count: number): string {
  return `rule_metadata: [{ id: ${id}, title: Whoami }]
regression_tests_info: [{ type: evtx, path: x.evtx, match_count: ${count} }]
`;
}

function failures(field?: string): string[] {
  const set = loadRules([{ file: "whoami.yml", text: rule }]);
  const { outcomes } = checkRegression({ corpus, set }, fieldDropper(field));
  return outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure.got]));
}

test("a recorded event that matches its rule passes", () => {
  expect(failures()).toEqual([]);
});

test("an event that was changed turns its test red", () => {
  plant(`sigmahq/regression_data/whoami/${id}.json`, event("C:\\whoareyou.exe"));
  expect(failures()).toEqual(["0 matched"]);
});

test("an event from elsewhere does not reach the rule", () => {
  plant(`sigmahq/regression_data/whoami/${id}.json`, event("C:\\whoami.exe", 2));
  expect(failures()).toEqual(["0 matched"]);
});

test("all events that a test counts must match", () => {
  const events = `${event("C:\\whoami.exe")}\n${event("C:\\other.exe")}`;
  plant(`sigmahq/regression_data/whoami/${id}.json`, events);
  expect(failures()).toEqual([]);
  plant(`sigmahq/${path}`, infoFor(2));
  expect(failures()).toEqual(["1 matched"]);
});

test("a dropped field turns red what matches by it, and another does not", () => {
  expect(failures("Image")).toEqual(["0 matched"]);
  expect(failures("EventID")).toEqual([]);
});

test("a rule whose test is gone is red", () => {
  cpSync(join(corpus, "sigmahq/regression_data/whoami"), join(corpus, "sigmahq/regression_data/other"), {
    recursive: true,
  });
  rmSync(join(corpus, "sigmahq/regression_data/whoami"), { recursive: true });
  expect(failures()).toEqual(["there is no such file"]);
});
