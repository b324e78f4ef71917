import { AuditFlowError, type FieldFault } from "@auditflow/contracts";
import { Ajv, type AnySchema, type ErrorObject } from "ajv";
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";

const ajv = new Ajv({ allErrors: true, strict: false });

/** Tells what is wrong with a value; empty: nothing is. */
export type Check = (value: unknown) => FieldFault[];

/** Compiles a schema to a check that changes nothing of the value: "5" is no number, and no field is dropped. */
export function compileCheck(schema: TSchema): Check {
  const validate = ajv.compile(schema as AnySchema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).slice(0, maxFaults).map(faultOf));
}

// An object of the wrong kind is wrong in a few fields; more are of no use to anyone.
const maxFaults = 20;

/**
 * For a route's `validatorCompiler`. The framework's own would take a null for a 0 and drop the fields that a schema
 * does not know, so that a misspelt setting would be accepted and do nothing.
 */
export const strictly: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = compileCheck(schema);
  return (value: unknown) => {
    const faults = check(value).map(({ pointer, detail }) => ({ pointer: `/${httpPart}${pointer}`, detail }));
    const [first] = faults;
    if (first === undefined) return { value };
    const error = new AuditFlowError("invalid_request", `${first.pointer} ${first.detail}`, { faults });
    return { error };
  };
};

/** A JSON Pointer, RFC 6901. */
export function pointerOf(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function faultOf({ keyword, instancePath, params, message }: ErrorObject): FieldFault {
  if (keyword === "required")
    return { pointer: instancePath + pointerOf([String(params.missingProperty)]), detail: "is missing" };
  if (keyword === "additionalProperties")
    return { pointer: instancePath + pointerOf([String(params.additionalProperty)]), detail: "is not known" };
  const allowed = keyword === "enum" ? `: ${(params.allowedValues as unknown[]).join(", ")}` : "";
  return { pointer: instancePath, detail: `${message ?? "is not valid"}${allowed}` };
}
