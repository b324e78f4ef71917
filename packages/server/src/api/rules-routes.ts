import { AuditFlowError, RuleDetail, RuleList, RuleParams, RuleReload } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";

/** Whoever asks all replicas and gathers what they say. */
export interface RuleAsker {
  list(): Promise<RuleList>;
  /** undefined: no rule in force has that id. */
  detail(ruleId: string): RuleDetail | undefined;
  reload(): Promise<RuleReload>;
}

/**
 * `GET /api/v1/rules`, what every replica has in force and has counted, and `POST /api/v1/rules/reload`, which has every
 * replica look at its files now and says what came of it: what is asked of one is asked of all. And
 * `GET /api/v1/rules/{rule_id}`, what one rule says.
 */
export function rulesRoutes(http: FastifyInstance, desk: RuleAsker): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const reading = { schema: { response: { 200: RuleList } } };
  typed.get("/api/v1/rules", { config: { access: "viewer" }, ...reading }, () => desk.list());
  const one = { schema: { params: RuleParams, response: { 200: RuleDetail } } };
  typed.get("/api/v1/rules/:rule_id", { config: { access: "viewer" }, ...one }, ({ params }) => {
    const detail = desk.detail(params.rule_id);
    if (detail !== undefined) return detail;
    throw new AuditFlowError("not_found", `No rule with the id "${params.rule_id}" is in force`);
  });
  const writing = { schema: { response: { 200: RuleReload } } };
  typed.post("/api/v1/rules/reload", { config: { access: "operator" }, ...writing }, () => desk.reload());
}
