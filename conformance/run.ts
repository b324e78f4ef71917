import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadRules } from "@auditflow/sigma";
import { root } from "../scripts/root.ts";
import { type FieldDropper, fieldDropper } from "./field-dropper.ts";
import type { Outcome, PartResult } from "./outcome.ts";
import { readVectors } from "./read-vectors.ts";
import { checkRegression } from "./regression.ts";
import { checkSamples } from "./samples.ts";
import { checkVectorsThemselves } from "./self-check.ts";
import { checkVectors } from "./vectors.ts";

/** A part that has run. */
interface Part extends PartResult {
  readonly name: string;
  readonly seconds: number;
}

/** Runs every part, the longest first. */
function runParts(corpus: string, dropper: FieldDropper): Part[] {
  const vectors = readVectors(join(import.meta.dirname, "vectors"));
  const set = (): ReturnType<typeof loadRules> => {
    const files = globSync(join(corpus, "sigmahq/rules*/**/*.yml")).sort();
    return loadRules(files.map((file) => ({ file, text: readFileSync(file, "utf8") })));
  };
  return [
    timed("regression", () => checkRegression({ corpus, set: set() }, dropper)),
    timed("samples", () => checkSamples(corpus, dropper)),
    timed("vectors", () => checkVectors(vectors, dropper)),
    timed("self-check", () => checkVectorsThemselves(vectors, corpus)),
  ];
}

function timed(name: string, run: () => PartResult): Part {
  const begun = performance.now();
  const result = run();
  return { name, ...result, seconds: Math.round(performance.now() - begun) / 1000 };
}

function failuresOf(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ failure }) => failure !== undefined);
}

function passedOf({ outcomes }: PartResult): number {
  return outcomes.length - failuresOf(outcomes).length;
}

/** A part that looked at nothing has not passed. */
function failedOf({ outcomes }: PartResult): number {
  return outcomes.length === 0 ? 1 : failuresOf(outcomes).length;
}

function asJson(parts: readonly Part[]): string {
  return JSON.stringify({
    parts: parts.map((part) => ({
      name: part.name,
      passed: passedOf(part),
      failed: failedOf(part),
      seconds: part.seconds,
    })),
    failures: parts.flatMap(({ name, outcomes }) =>
      failuresOf(outcomes).map(({ title, file, line, failure }) => ({
        part: name,
        title,
        ...failure,
        file,
        line,
      })),
    ),
  });
}

function asText(part: Part): string {
  const failures = failuresOf(part.outcomes).flatMap(({ title, file, line, failure }) => [
    `  FAIL ${file}:${line} ${title}`,
    `    expected ${failure?.expected}`,
    `    got      ${failure?.got}`,
  ]);
  const head = `${part.name}: ${passedOf(part)} of ${part.outcomes.length}`;
  return [head, ...part.notes.map((note) => `  ${note}`), ...failures].join("\n");
}

const usage = `npm run conformance -- [--corpus DIR] [--drop-field NAME] [--json]
  --corpus DIR       the folder that holds sigmahq/ and sigma-specification/; else AUDITFLOW_CORPUS
  --drop-field NAME  takes this field out of every event first, which must turn red what matches by it
  --json             one JSON document
`;

/** The folder of the rules and the specification, or undefined when there is none. */
function findCorpus(given: string | undefined): string | undefined {
  // npm changes the folder; what the user wrote is relative to where they stand.
  const here = process.env["npm_lifecycle_event"] === "conformance" ? process.env["INIT_CWD"] : undefined;
  const beside = resolve(root, "../shared/data");
  const folder = resolve(here ?? process.cwd(), given ?? (process.env["AUDITFLOW_CORPUS"] || beside));
  const parts = ["sigmahq", "sigma-specification"];
  return parts.every((part) => existsSync(join(folder, part))) ? folder : undefined;
}

interface Options {
  readonly corpus?: string;
  readonly "drop-field"?: string;
  readonly json?: boolean;
}

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const options = {
      corpus: { type: "string" },
      "drop-field": { type: "string" },
      json: { type: "boolean" },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return undefined;
  }
}

function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === undefined) return 2;
  const corpus = findCorpus(options.corpus);
  if (corpus === undefined) {
    const place = options.corpus === undefined ? "" : ` in ${options.corpus}`;
    process.stderr.write(
      `There are no rules and no specification${place}: give --corpus DIR or set AUDITFLOW_CORPUS to the folder that holds sigmahq/ and sigma-specification/.\n`,
    );
    return 1;
  }
  const name = options["drop-field"];
  const dropper = fieldDropper(name);
  const parts = runParts(corpus, dropper);
  if (name !== undefined && dropper.records === 0) {
    process.stderr.write(`No event has the field "${name}", so dropping it proves nothing.\n`);
    return 2;
  }
  if (name !== undefined) process.stderr.write(`"${name}" was dropped from ${dropper.records} events.\n`);
  return tell(parts, options.json === true);
}

function tell(parts: readonly Part[], json: boolean): number {
  const passed = parts.reduce((sum, part) => sum + passedOf(part), 0);
  const failed = parts.reduce((sum, part) => sum + failedOf(part), 0);
  if (json) process.stdout.write(`${asJson(parts)}\n`);
  else process.stdout.write(`${parts.map(asText).join("\n")}\n${passed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
