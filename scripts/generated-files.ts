import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as contracts from "@auditflow/contracts";
import { asyncapiDocument } from "../packages/contracts/src/asyncapi.ts";
import { hoistSchemas, type JsonSchema } from "../packages/contracts/src/hoist-schemas.ts";
import { metricsPage } from "./metrics-page.ts";

// Whatever else lies there is stale.
const generatedFolder = "packages/contracts/generated";

/** Every generated file by its path in the repository. The same sources give the same bytes. */
export function generatedFiles(version: string, openapi: object): ReadonlyMap<string, string> {
  const documents: [string, object][] = [
    ...schemas().map(([id, schema]): [string, object] => [
      `${kebab(id)}.schema.json`,
      jsonSchemaFile(id, schema),
    ]),
    ["asyncapi.json", asyncapiDocument(version)],
    ["openapi.json", withComponents(openapi)],
  ];
  return new Map([
    ...documents.map(([name, document]): [string, string] => [
      `${generatedFolder}/${name}`,
      `${JSON.stringify(document, null, 2)}\n`,
    ]),
    ["docs/reference/errors.md", errorsPage()],
    ["docs/reference/metrics.md", metricsPage()],
  ]);
}

/** Equal for schemas that say the same; OpenAPI writes a map as additionalProperties where we have patternProperties. */
function signature(schema: unknown): string {
  return JSON.stringify(schema, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { patternProperties, ...rest } = value as { patternProperties?: object };
    const map =
      patternProperties === undefined ? {} : { additionalProperties: Object.values(patternProperties)[0] };
    return Object.fromEntries(Object.entries({ ...rest, ...map }).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const componentPrefix = "#/components/schemas/";

/**
 * Moves the schemas of the contracts to the components of an OpenAPI document, where each has one place. What made the
 * document has taken their names away, so they are known by their content.
 */
function withComponents(openapi: object): object {
  const { components, ...rest } = openapi as { components?: { schemas?: object } };
  const named = schemas().flatMap(([, schema]) =>
    Object.entries(hoistSchemas(schema, componentPrefix).schemas),
  );
  const names = new Map(named.map(([name, schema]) => [signature(schema), name]));
  const used: Record<string, unknown> = { ...components?.schemas };
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    const name = names.get(signature(part));
    if (name === undefined)
      return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, walk(value)]));
    used[name] = part;
    return { $ref: `${componentPrefix}${name}` };
  };
  const paths = walk(rest) as object;
  const sorted = Object.entries(used).sort(([left], [right]) => (left < right ? -1 : 1));
  return { ...paths, components: { ...components, schemas: Object.fromEntries(sorted) } };
}

// Whatever the contracts export under an `$id` crosses a process.
function schemas(): [string, JsonSchema][] {
  return Object.values(contracts)
    .filter((value): value is typeof value & JsonSchema => typeof value === "object" && "$id" in value)
    .map((schema): [string, JsonSchema] => [String(schema["$id"]), schema])
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function kebab(id: string): string {
  return id.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

function jsonSchemaFile(id: string, schema: JsonSchema): object {
  const { [id]: own = {}, ...definitions } = hoistSchemas(schema, "#/$defs/").schemas;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:auditflow:schema:v1:${kebab(id)}`,
    title: id,
    ...own,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
}

function errorsPage(): string {
  const sections = Object.entries(contracts.errorTable).map(([code, entry]) =>
    [
      `## ${code}`,
      "",
      `${entry.title}.`,
      "",
      `- HTTP status: ${entry.status}`,
      `- \`type\` of the problem: \`${contracts.problemType(code as contracts.ErrorCode)}\``,
      `- Can the same call work later: ${entry.retryable ? "yes, try again" : "no"}`,
      `- What to do: ${entry.fix}.`,
      "",
    ].join("\n"),
  );
  return `${pageHead}\n${sections.join("\n")}`;
}

const pageHead = `<!-- Generated from packages/contracts/src/errors.ts by \`npm run generate\`. -->

# Error codes

Every refusal names one of these codes: in the body of an HTTP answer (RFC 9457, \`code\`), in the list of quarantined
records, and in the log. The \`type\` of a problem is the address of a page with the same words on the server that was asked.
`;

/** The paths whose content on disk is not what is generated now, with those that nothing generates any more. */
export function staleFiles(folder: string, files: ReadonlyMap<string, string>): string[] {
  const changed = [...files].filter(([path, text]) => {
    const file = join(folder, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
  const leftOver = globSync(`${generatedFolder}/*`, { cwd: folder }).filter((path) => !files.has(path));
  return [...changed.map(([path]) => path), ...leftOver].sort();
}
