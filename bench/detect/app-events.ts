import { browser } from "./browser.ts";
import type { Fields, Shares, Values } from "./values.ts";

const oktaTypes: Shares<readonly [string, string]> = [
  [["user.authentication.sso", "User single sign on to app"], 12],
  [["user.session.start", "User login to Okta"], 8],
  [["user.authentication.auth_via_mfa", "Authentication of user via MFA"], 8],
  [["policy.evaluate_sign_on", "Evaluation of sign-on policy"], 12],
  [["app.oauth2.token.grant.access_token", "OAuth2 access token is granted"], 5],
  [["user.session.end", "User logout from Okta"], 3],
  [["group.user_membership.add", "Add user to group membership"], 1],
  [["user.account.update_profile", "Update user profile for Okta"], 1],
];

/** An entry of Okta's System Log, about 2 kB. */
export function okta(values: Values): Fields {
  const [eventType, displayMessage] = values.share(oktaTypes);
  const ip = values.ip();
  const geo = {
    city: "Gdansk",
    country: "Poland",
    postalCode: values.digits(5),
    geolocation: { lat: values.next() * 60, lon: 18.6 },
  };
  return {
    actor: person(values),
    client: {
      userAgent: { rawUserAgent: browser(values), os: "Windows 10", browser: "CHROME" },
      ...{ zone: "null", device: "Computer", id: null, ipAddress: ip, geographicalContext: geo },
    },
    device: null,
    authenticationContext: {
      ...{ authenticationProvider: null, credentialProvider: null, credentialType: null, issuer: null },
      ...{ interface: null, authenticationStep: 0, externalSessionId: values.hex(24) },
    },
    ...{ displayMessage, eventType, outcome: { result: "SUCCESS", reason: null }, published: values.time() },
    securityContext: {
      asNumber: values.below(60_000),
      asOrg: "example telecom",
      isp: "example telecom",
      domain: ".",
      isProxy: false,
    },
    ...{
      severity: "INFO",
      legacyEventType: "core.user_auth.login_success",
      version: "0",
      uuid: values.uuid(),
    },
    debugContext: {
      debugData: {
        ...{
          requestId: values.hex(27),
          dtHash: values.hex(64),
          requestUri: `/app/${values.thing()}/${values.hex(16)}/sso/saml`,
        },
        ...{
          behaviors:
            "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE, New Country=NEGATIVE}",
        },
        ...{
          risk: "{level=LOW}",
          url: `/login/token/redirect?token=${values.hex(20)}`,
          threatSuspected: "false",
        },
      },
    },
    transaction: { type: "WEB", id: values.hex(27), detail: {} },
    request: { ipChain: [{ ip, geographicalContext: geo, version: "V4", source: null }] },
    target: [
      { ...person(values), type: "AppUser" },
      { id: `0oa${values.hex(17)}`, type: "AppInstance", displayName: values.thing() },
    ],
  };
}

function person(values: Values): Fields {
  const mail = values.mail();
  return {
    id: `00u${values.hex(17)}`,
    type: "User",
    alternateId: mail,
    displayName: values.person(),
    detailEntry: null,
  };
}

const gitHubActions: Shares<string> = [
  ["git.clone", 10],
  ["git.fetch", 12],
  ["git.push", 6],
  ["workflows.completed_workflow_run", 6],
  ["workflows.prepared_workflow_job", 6],
  ["pull_request.merge", 3],
  ["pull_request_review.submit", 3],
  ["repo.access", 1],
  ["team.add_repository", 1],
  ["org_credential_authorization.grant", 1],
];

/** An entry of the audit log of a GitHub organization. */
export function gitHub(values: Values): Fields {
  const actor = values.person().replace(".", "-");
  const org = "example-org";
  return {
    ...{
      "@timestamp": Date.parse(values.time()),
      _document_id: values.hex(22),
      action: values.share(gitHubActions),
    },
    ...{
      actor,
      actor_id: values.below(9e7),
      actor_ip: values.ip(),
      actor_is_bot: false,
      business: "example",
      business_id: 4711,
    },
    actor_location: { country_code: values.pick(["DE", "PL", "US", "IN"]) },
    ...{ created_at: Date.parse(values.time()), operation_type: "modify", org, org_id: 1_204_411 },
    ...{
      repo: `${org}/${values.thing()}`,
      repo_id: values.below(8e8),
      visibility: "private",
      public_repo: false,
    },
    ...{
      user: actor,
      user_agent: `git/2.4${values.below(5)}.0`,
      request_id: values.uuid(),
      token_id: values.below(1e9),
    },
    ...{ hashed_token: values.hex(44), programmatic_access_type: "Fine-grained personal access token" },
  };
}

const m365Operations: Shares<string> = [
  ["FileAccessed", 10],
  ["FileModified", 5],
  ["MailItemsAccessed", 10],
  ["Send", 4],
  ["UserLoggedIn", 6],
  ["MessageRead", 4],
  ["SearchQueryPerformed", 2],
  ["Update user.", 1],
];

/** An entry of the unified audit log of Microsoft 365. */
export function m365(values: Values): Fields {
  const mail = values.mail();
  const site = `https://example.sharepoint.com/sites/${values.thing()}/`;
  return {
    ...{
      CreationTime: values.time().slice(0, 19),
      Id: values.uuid(),
      Operation: values.share(m365Operations),
    },
    ...{
      OrganizationId: values.uuid(),
      RecordType: values.below(60),
      ResultStatus: "Succeeded",
      UserKey: values.hex(16),
    },
    ...{
      UserType: 0,
      Version: 1,
      Workload: values.pick(["SharePoint", "Exchange", "AzureActiveDirectory", "OneDrive"]),
    },
    ...{ ClientIP: values.ip(), UserId: mail, ApplicationId: values.uuid(), CorrelationId: values.uuid() },
    ...{
      EventSource: "SharePoint",
      ItemType: "File",
      ListId: values.uuid(),
      SiteUrl: site,
      WebId: values.uuid(),
    },
    ...{
      ObjectId: `${site}Shared Documents/${values.thing()}/${values.hex(8)}.docx`,
      UserAgent: browser(values),
    },
    Parameters: `[{"Name":"Identity","Value":"${mail}"},{"Name":"Folder","Value":"${values.thing()}"}]`,
  };
}

/** An alert of Microsoft 365's security centre, which rules name by title. */
export function m365Alert(values: Values): Fields {
  return {
    ...{
      eventSource: "SecurityComplianceCenter",
      eventName: values.pick(["Message delivered", "Policy tip shown", "Review closed"]),
    },
    ...{ status: "success", CreationTime: values.time(), Id: values.uuid(), UserId: values.mail() },
    ...{
      ClientIP: values.ip(),
      AlertId: values.uuid(),
      Severity: "Low",
      Payload: `Search-Mailbox ${values.thing()}`,
    },
  };
}

/** An entry of Bitbucket's audit log. */
export function bitbucket(values: Values): Fields {
  const project = values.thing();
  return {
    timestamp: { seconds: Date.parse(values.time()) / 1000, nanos: 0 },
    author: {
      id: values.digits(4),
      name: values.person(),
      type: "user",
      uri: `https://git.example.com/users/${values.person()}`,
    },
    auditType: {
      ...{
        area: "LOCAL_CONFIG_AND_ADMINISTRATION",
        category: values.pick(["Repositories", "Pull requests", "Projects"]),
      },
      ...{
        action: values.pick(["Pull request opened", "Repository forked", "Branch created"]),
        level: "BASE",
      },
    },
    affectedObjects: [
      { name: project, type: "PROJECT", id: values.digits(5) },
      { name: values.thing(), type: "REPOSITORY" },
    ],
    ...{ source: values.ip(), system: "https://git.example.com", node: values.uuid(), method: "Browser" },
    extraAttributes: [
      { name: "target", value: values.thing() },
      { name: "details", value: `{"name":"${project}"}` },
    ],
  };
}

/** An event of OneLogin. */
export function oneLogin(values: Values): Fields {
  const name = values.person();
  return {
    ...{
      uuid: values.uuid(),
      event_type_id: values.pick([5, 8, 11, 21, 72]),
      event_timestamp: values.time(),
    },
    ...{
      account_id: values.below(99_999),
      user_id: values.below(9e7),
      user_name: name,
      actor_user_name: name,
    },
    ...{
      actor_user_id: values.below(9e7),
      ipaddr: values.ip(),
      app_id: values.below(9e5),
      app_name: values.thing(),
    },
    ...{
      risk_score: values.below(20),
      risk_reasons: "Known device",
      user_agent: browser(values),
      error_description: null,
    },
  };
}

/** An authentication that Duo saw. */
export function duo(values: Values): Fields {
  return {
    ...{ event_type: "authentication", factor: "duo_push", isotimestamp: values.time(), result: "success" },
    ...{ reason: values.pick(["user_approved", "valid_passcode", "trusted_network"]), txid: values.uuid() },
    access_device: {
      browser: "Chrome",
      ip: values.ip(),
      os: "Windows",
      location: { country: "Poland", city: "Gdansk" },
    },
    application: { key: values.hex(20).toUpperCase(), name: values.thing() },
    user: {
      key: values.hex(20).toUpperCase(),
      name: values.person(),
      groups: [values.thing(), "All (from AD sync)"],
    },
  };
}

const kubernetesRequests: Shares<readonly [string, string, string]> = [
  [["get", "configmaps", ""], 10],
  [["watch", "pods", ""], 8],
  [["list", "pods", ""], 6],
  [["get", "leases", "coordination.k8s.io"], 12],
  [["update", "leases", "coordination.k8s.io"], 12],
  [["patch", "nodes", ""], 4],
  [["get", "endpoints", ""], 5],
  [["create", "tokenreviews", "authentication.k8s.io"], 3],
  [["create", "subjectaccessreviews", "authorization.k8s.io"], 3],
  [["watch", "endpointslices", "discovery.k8s.io"], 4],
  [["get", "serviceaccounts", ""], 3],
  [["update", "endpointslices", "discovery.k8s.io"], 2],
];

const kubernetesAgents = [
  "kubelet/v1.31.2 (linux/amd64) kubernetes/5864a46",
  "kube-controller-manager/v1.31.2 (linux/amd64) kubernetes/5864a46/leader-election",
  "kube-scheduler/v1.31.2 (linux/amd64) kubernetes/5864a46/leader-election",
  "coredns/linux/amd64",
  "kubectl/v1.30.4 (darwin/arm64) kubernetes/a51b3b7",
  "Prometheus/2.51.1",
];

/** An audit event of an API server of Kubernetes at the level RequestResponse, about 1.5 kB. */
export function kubernetes(values: Values): Fields {
  const [verb, resource, apiGroup] = values.share(kubernetesRequests);
  const [namespace, name] = [values.thing(), values.thing()];
  const version = values.digits(8);
  const account = `system:serviceaccount:${namespace}:${values.thing()}`;
  const path = apiGroup === "" ? "/api/v1" : `/apis/${apiGroup}/v1`;
  const metadata = {
    ...{ name, namespace, uid: values.uuid(), resourceVersion: version, creationTimestamp: values.time() },
    labels: {
      "app.kubernetes.io/name": name,
      "app.kubernetes.io/instance": values.thing(),
      "pod-template-hash": values.hex(10),
    },
  };
  return {
    ...{ kind: "Event", apiVersion: "audit.k8s.io/v1", level: "RequestResponse", auditID: values.uuid() },
    ...{
      stage: "ResponseComplete",
      requestURI: `${path}/namespaces/${namespace}/${resource}/${name}?timeout=10s`,
      verb,
    },
    user: {
      ...{
        username: account,
        uid: values.uuid(),
        groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
      },
      extra: {
        "authentication.kubernetes.io/pod-name": [values.thing()],
        "authentication.kubernetes.io/pod-uid": [values.uuid()],
      },
    },
    ...{ sourceIPs: [values.ip()], userAgent: values.pick(kubernetesAgents) },
    objectRef: {
      resource,
      namespace,
      name,
      ...(apiGroup === "" ? {} : { apiGroup }),
      apiVersion: "v1",
      resourceVersion: version,
    },
    responseStatus: { metadata: {}, code: 200 },
    ...(values.below(2) === 0
      ? {}
      : { responseObject: { kind: resource, apiVersion: "v1", metadata, data: { holder: values.uuid() } } }),
    ...{ requestReceivedTimestamp: values.time(), stageTimestamp: values.time() },
    annotations: {
      "authorization.k8s.io/decision": "allow",
      "authorization.k8s.io/reason": `RBAC: allowed by RoleBinding "${values.thing()}/${namespace}" of Role "${values.thing()}"`,
    },
  };
}
