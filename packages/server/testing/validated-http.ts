import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Problem } from "@auditflow/contracts";
import ajvFormats from "ajv-formats";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";

const require = createRequire(import.meta.url);
const { Ajv2020 } = require("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");

/** An OpenAPI document, as far as answers are checked against it. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** One method of one address. */
export interface Operation {
  readonly "x-access"?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: object }>> }>
  >;
}

/** Says what of an answer its route does not promise; undefined: nothing, or the document has no such route. */
export type AnswerCheck = (method: string, url: string, answer: Answer) => string | undefined;

type Answer = Pick<LightMyRequestResponse, "statusCode" | "headers" | "payload">;

/** The checked-in document of the API. */
export function checkedInDocument(): ApiDocument {
  const file = new URL("../../contracts/generated/openapi.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as ApiDocument;
}

/**
 * Holds each answer that `inject` gives against the document: status, media type and body must be promised there. A
 * refusal must be a problem. An answer that is not as promised rejects with what differs; an address that the document
 * does not know is let through. Gives `http` back.
 */
export function validated(
  http: FastifyInstance,
  document: ApiDocument = checkedInDocument(),
): FastifyInstance {
  const check = answerCheck(document);
  const inject = http.inject.bind(http);
  const checked = async (options: InjectOptions | string): Promise<LightMyRequestResponse> => {
    const answer = await inject(options);
    const { method = "GET", url = "/" } = answer.raw.req;
    const fault = check(method, url, answer);
    if (fault !== undefined) throw new Error(`${method} ${url} answers ${answer.statusCode}, but ${fault}`);
    return answer;
  };
  return Object.assign(http, { inject: checked });
}

/** Makes the check of a document; each schema is compiled once. */
export function answerCheck(document: ApiDocument): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (ajvFormats as unknown as (ajv: object) => void)(ajv);
  ajv.addSchema({ ...document, $id: "api" });
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  const faultOf = (schema: object, value: unknown): string | undefined => {
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? ajv.compile(JSON.parse(key) as object);
    compiled.set(key, validate);
    return validate(value) ? undefined : `its body ${ajv.errorsText(validate.errors, { dataVar: "" })}`;
  };
  const places = Object.keys(document.paths).map((path): [RegExp, string] => [patternOf(path), path]);
  return (method, url, answer) => {
    const path = pathOf(places, url);
    const operation = path === undefined ? undefined : operationOf(document, path, method);
    if (path === undefined || operation === undefined) return undefined;
    // Any read can be answered with "you have it", and never has a body then.
    if (answer.statusCode === 304) return answer.payload === "" ? undefined : "a 304 has no body";
    const status = String(answer.statusCode);
    const key = status in operation.responses ? status : "default";
    const isRefusal = key === "default";
    if (isRefusal && answer.statusCode < 400) return "that status is not documented";
    const content = operation.responses[key]?.content ?? {};
    if (Object.keys(content).length === 0 && answer.payload === "") return undefined;
    const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
    const types = isRefusal ? ["application/problem+json"] : Object.keys(content);
    if (!types.includes(type)) return `${type} is not documented (${types.join(", ")})`;
    // Lines of JSON are no JSON text.
    if (!/[/+]json$/.test(type) || method === "HEAD") return undefined;
    const place = ["paths", path, method.toLowerCase(), "responses", key, "content", type, "schema"];
    return faultOf(isRefusal ? Problem : { $ref: refTo(place) }, JSON.parse(answer.payload));
  };
}

function operationOf({ paths }: ApiDocument, path: string, method: string): Operation | undefined {
  return paths[path]?.[method.toLowerCase()];
}

function pathOf(places: readonly [RegExp, string][], url: string): string | undefined {
  const path = (url.split("?")[0] ?? url).replace(/(?<=.)\/$/, "");
  const fitting = places.filter(([pattern]) => pattern.test(path)).map(([, place]) => place);
  // `/alerts/stream` is the address of its own, not an alert.
  return fitting.find((place) => !place.includes("{")) ?? fitting[0];
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
}

function refTo(place: readonly string[]): string {
  const escaped = place.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"));
  return `api#/${escaped.map(encodeURIComponent).join("/")}`;
}
