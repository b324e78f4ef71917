import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isSeq, LineCounter, parseDocument } from "yaml";
import type { Place } from "./outcome.ts";

/** A fault or warning that loading must tell. */
export interface ExpectedProblem {
  /** `line:column` in the text of the rule; left out where the place does not matter. */
  readonly at?: string;
  readonly field: string;
  /** A part of the message, whatever its case. */
  readonly says: string;
}

/** A record of a vector; `$raw` is its raw line, `$logsource` where it comes from, `$rules` the titles of all that match. */
export type VectorEvent = Readonly<Record<string, unknown>> & {
  readonly $raw?: string;
  readonly $logsource?: Readonly<Record<string, string>>;
  readonly $rules?: readonly string[];
};

/** Rules as text, and what must come of them. */
export interface Vector extends Place {
  /** One or several documents. */
  readonly text: string;
  /** A sample document of the specification that stands before them. */
  readonly sample?: string;
  readonly match: readonly VectorEvent[];
  readonly miss: readonly VectorEvent[];
  /** All faults that loading must tell, no others. */
  readonly refused: readonly ExpectedProblem[];
  /** All warnings that loading must tell, no others; left out where they do not matter. */
  readonly warned?: readonly ExpectedProblem[];
  /** Title of a rule or filter -> some of its properties; of a map some of its keys. */
  readonly loads: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What a folder of vectors holds, and what can not be read of it. */
export interface Vectors {
  readonly vectors: readonly Vector[];
  readonly broken: readonly (Place & { readonly reason: string })[];
}

const texts = ["rule", "detection", "selection"] as const;
const verdicts = ["match", "miss", "refused", "warned", "loads"] as const;
const keys: readonly string[] = ["title", "sample", ...texts, ...verdicts];

/** Reads every file of a folder; a file that can not be read whole has what is wrong with it told, with its line. */
export function readVectors(folder: string): Vectors {
  const files = globSync("*.yml", { cwd: folder }).sort();
  const read = files.map((file) =>
    readVectorFile(`conformance/vectors/${file}`, readFileSync(join(folder, file), "utf8")),
  );
  return {
    vectors: read.flatMap(({ vectors }) => vectors),
    broken: read.flatMap(({ broken }) => broken),
  };
}

/** Reads the text of one file; `file` is only told back. */
export function readVectorFile(file: string, text: string): Vectors {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined || !isSeq(document.contents)) {
    const reason = error?.message ?? "a file of vectors is a list of them";
    return { vectors: [], broken: [{ title: file, file, line: 1, reason }] };
  }
  const vectors: Vector[] = [];
  const broken: Vectors["broken"][number][] = [];
  for (const node of document.contents.items) {
    const written: unknown = isMap(node) ? node.toJS(document) : {};
    const at = isMap(node) ? (node.range?.[0] ?? 0) : 0;
    const { line } = lines.linePos(at);
    const body = written as Readonly<Record<string, unknown>>;
    const place = { title: String(body["title"]), file, line };
    const reason = reasonAgainst(body);
    if (reason === undefined) vectors.push(vectorOf(body, place));
    else broken.push({ ...place, reason });
  }
  return { vectors, broken };
}

function reasonAgainst(body: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown !== undefined) return `there is no "${unknown}"; known are ${keys.join(", ")}`;
  if (typeof body["title"] !== "string") return "the title is missing";
  const written = texts.filter((key) => typeof body[key] === "string").length;
  if (written > 1 || (written === 0 && typeof body["sample"] !== "string")) {
    return `exactly one of ${texts.join(", ")} must hold a text`;
  }
  if (body["warned"] === undefined && !verdicts.some((key) => sizeOf(body[key]) > 0))
    return `it asks nothing; add ${verdicts.join(" or ")}`;
  const list = verdicts.find(
    (key) => key !== "loads" && body[key] !== undefined && !Array.isArray(body[key]),
  );
  return list === undefined ? undefined : `${list} must be a list`;
}

function sizeOf(value: unknown): number {
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

function vectorOf(body: Readonly<Record<string, unknown>>, place: Place): Vector {
  const { sample, match = [], miss = [], refused = [], warned, loads = {} } = body as Partial<Vector>;
  const vector = { ...place, text: textOf(body), match, miss, refused, loads };
  return {
    ...vector,
    ...(sample === undefined ? {} : { sample }),
    ...(warned === undefined ? {} : { warned }),
  };
}

const rest = "title: Vector\nlogsource: { product: linux }\n";

/** The shorter forms stand before everything else, so that lines count from them. */
function textOf(body: Readonly<Record<string, unknown>>): string {
  const { rule, detection, selection } = body as Partial<Record<(typeof texts)[number], string>>;
  if (rule !== undefined) return rule;
  if (detection === undefined && selection === undefined) return "";
  if (detection !== undefined) return `detection:\n${indent(detection, 2)}${rest}`;
  return `detection:\n  selection:\n${indent(selection ?? "", 4)}  condition: selection\n${rest}`;
}

function indent(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}
