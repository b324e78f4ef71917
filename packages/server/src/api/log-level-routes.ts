import {
  AuditFlowError,
  forMilliseconds,
  LogLevelChange,
  LogLevelParams,
  LogLevels,
  services,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { Ajv, type AnySchema } from "ajv";
import type { FastifyInstance, FastifyRequest } from "fastify";

// The framework's own would drop a field it does not know: a misspelt module would change the level of everything.
const ajv = new Ajv({ allErrors: true, strict: false });

/** Whoever gives the command and gathers the answers. */
export interface LogLevelAsker {
  ask(service: LogLevelParams["service"], change?: LogLevelChange): Promise<LogLevels>;
}

/**
 * `GET` and `PUT /api/v1/services/{service}/log-level`, of one service or `all`, in every process: what is asked of one
 * is asked of all.
 */
export function logLevelRoutes(http: FastifyInstance, desk: LogLevelAsker): void {
  const url = "/api/v1/services/:service/log-level";
  const response = { 200: LogLevels };
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const reading = { schema: { params: LogLevelParams, response }, preValidation: refuseUnknown };
  typed.get(url, { config: { access: "viewer" }, ...reading }, ({ params }) => desk.ask(params.service));
  const writing = {
    schema: { params: LogLevelParams, body: LogLevelChange, response },
    preValidation: refuseUnknown,
    validatorCompiler: ({ schema }: { schema: unknown }) => ajv.compile(schema as AnySchema),
  };
  typed.put(url, { config: { access: "operator" }, ...writing }, ({ params, body }) => {
    checkFor(body);
    return desk.ask(params.service, body);
  });
}

/** An address that does not exist, rather than a wrong parameter of one that does. */
async function refuseUnknown({ params }: FastifyRequest): Promise<void> {
  const { service } = params as LogLevelParams;
  const known = [...services, "all"];
  if (known.includes(service)) return;
  throw new AuditFlowError("not_found", `There is no service "${service}"; known: ${known.join(", ")}`);
}

function checkFor({ for: time }: LogLevelChange): void {
  if (time === undefined || forMilliseconds(time) !== undefined) return;
  const faults = [{ pointer: "/body/for", detail: `is more than 24h: ${time}` }];
  throw new AuditFlowError("invalid_request", "A level can be held for 24h at most", { faults });
}
