import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { type Document, isNode, LineCounter, parseAllDocuments } from "yaml";
import { type Fault, report } from "./fault.ts";
import { checkout } from "./tracked-files.ts";
import { claimsOf, yamlFiles } from "./yaml-files.ts";

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
});
const schemas = new Map<string, ValidateFunction>();

/**
 * Every fault of a tracked YAML file: nobody's or two rows' of yaml-files.ts, not parseable, a key twice, or against
 * the schema that its row names.
 */
export function yamlFaults(file: string, text: string): Fault[] {
  const [claim, ...more] = claimsOf(file);
  if (claim === undefined)
    return [{ file, at: "", message: "no row of deploy/checks/yaml-files.ts claims it" }];
  if (more.length > 0) {
    const rows = [claim, ...more].map(({ glob }) => glob).join(" and ");
    return [{ file, at: "", message: `more than one row of deploy/checks/yaml-files.ts claims it: ${rows}` }];
  }
  if (claim.template === true) return [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true });
  if ("empty" in documents) return [];
  const schema = /^schema (\S+)$/.exec(claim.by)?.[1];
  return documents.flatMap((document) => documentFaults({ file, document, lines, schema }));
}

interface Parsed {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly schema: string | undefined;
}

function documentFaults({ file, document, lines, schema }: Parsed): Fault[] {
  if (document.errors.length > 0) {
    return document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { file: `${file}:${line}:${col}`, at: "", message: message.split("\n")[0] ?? "" };
    });
  }
  if (schema === undefined) return [];
  const valid = validator(schema);
  if (valid(document.toJS())) return [];
  return (valid.errors ?? []).map((error) => ({
    file: `${file}${position(document, lines, error.instancePath)}`,
    at: error.instancePath,
    message: `${sentence(error)} (deploy/checks/schemas/${schema}.schema.json)`,
  }));
}

function position(document: Document, lines: LineCounter, pointer: string): string {
  const keys = pointer.split("/").slice(1).map(plainKey);
  const node = document.getIn(keys, true);
  if (!isNode(node) || !node.range) return "";
  const { line, col } = lines.linePos(node.range[0]);
  return `:${line}:${col}`;
}

function plainKey(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function sentence({ keyword, message, params }: ErrorObject): string {
  if (keyword === "additionalProperties") return `unknown field ${params["additionalProperty"]}`;
  if (keyword === "enum") return `must be one of ${params["allowedValues"].join(", ")}`;
  return message ?? keyword;
}

function validator(name: string): ValidateFunction {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const path = join(import.meta.dirname, "schemas", `${name}.schema.json`);
  const made = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
  schemas.set(name, made);
  return made;
}

if (import.meta.main) {
  const files = yamlFiles();
  const faults = files.flatMap((file) => yamlFaults(file, readFileSync(join(checkout, file), "utf8")));
  report(`${files.length} YAML files`, faults);
}
