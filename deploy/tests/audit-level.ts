/** A request to the API server, as far as an audit policy looks at it. */
export interface AuditRequest {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  /** API group; the core group when not given. */
  readonly group?: string;
  /** With its subresource: `pods/exec`. */
  readonly resource?: string;
  /** Of a request that is for no resource. */
  readonly path?: string;
}

/** Kubernetes' audit policy, as far as ours uses it. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
}

interface AuditRule {
  readonly level: string;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group: string; readonly resources?: readonly string[] }[];
  readonly nonResourceURLs?: readonly string[];
}

/** How much of a request the policy keeps: the level of the first rule that fits it, None when none does. */
export function auditLevel({ rules }: AuditPolicy, request: AuditRequest): string {
  return rules.find((rule) => fits(rule, request))?.level ?? "None";
}

function fits(rule: AuditRule, { user, groups, verb, group = "", resource, path }: AuditRequest): boolean {
  const { users, userGroups, verbs, resources, nonResourceURLs } = rule;
  if (users !== undefined && !users.includes(user)) return false;
  if (userGroups !== undefined && !userGroups.some((one) => groups.includes(one))) return false;
  if (verbs !== undefined && !verbs.includes(verb)) return false;
  if (resources === undefined && nonResourceURLs === undefined) return true;
  if (path !== undefined) return (nonResourceURLs ?? []).some((pattern) => isUnder(path, pattern));
  return (resources ?? []).some(
    (one) => one.group === group && (one.resources === undefined || one.resources.includes(resource ?? "")),
  );
}

function isUnder(path: string, pattern: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}
