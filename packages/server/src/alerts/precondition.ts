import { AuditFlowError } from "@auditflow/contracts";

/**
 * Holds an `If-Match` header against the strong ETag of what is there now (RFC 9110, 13.1.1); without the header
 * anything goes.
 * @throws AuditFlowError precondition_failed when the caller saw another state.
 */
export function checkUnchanged(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined || ifMatch.trim() === "*") return;
  const known = [...ifMatch.matchAll(/(W\/)?("[^"]*")/g)];
  if (known.some(([, weak, opaque]) => weak === undefined && opaque === tag)) return;
  throw new AuditFlowError("precondition_failed", `If-Match is ${ifMatch}, and the ETag is ${tag} now`);
}
