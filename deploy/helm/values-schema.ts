import { logModules } from "../../packages/contracts/src/log-level.ts";
import { logLevels } from "../../packages/contracts/src/log-line.ts";
import { samplerNames } from "../../packages/server/src/telemetry/sampler-names.ts";
import type { ValueSection } from "./values-comments.ts";

/** A part of a JSON schema. */
type Schema = Readonly<Record<string, unknown>>;
/** Settings by their names: a schema, or more settings. */
interface Tree {
  readonly [name: string]: Leaf | Tree;
}

/** A setting with its schema, apart from settings below settings. */
class Leaf {
  readonly schema: Schema;
  constructor(schema: Schema) {
    this.schema = schema;
  }
}

const leaf = (schema: Schema): Leaf => new Leaf(schema);
const text = (pattern?: string): Leaf =>
  leaf({ type: "string", ...(pattern === undefined ? {} : { pattern }) });
const oneOf = (...values: readonly string[]): Leaf => leaf({ type: "string", enum: values });
const isOn = leaf({ type: "boolean" });
const whole = (minimum: number, maximum: number): Leaf => leaf({ type: "integer", minimum, maximum });
const list = (items: Schema): Leaf => leaf({ type: "array", items });
/** Keys of this pattern and no others. */
const map = (keys: string, values: Schema): Leaf =>
  leaf({ type: "object", patternProperties: { [keys]: values }, additionalProperties: false });
/** Any keys but those of the pattern. */
const mapBut = (keys: string, values: Schema): Leaf =>
  leaf({ type: "object", patternProperties: { [keys]: false }, additionalProperties: values });

const name = "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$";
const host = "^([a-z0-9*]([-a-z0-9.]*[a-z0-9])?)?$";
const cpu = "^([1-9][0-9]*m|[0-9]+(\\.[0-9]+)?)$";
const memory = "^[1-9][0-9]*(Mi|Gi)$";
const duration = "^[0-9]+(ms|s|m|h)([0-9]+(ms|s|m))?$";
const cidr =
  "^(((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])/(3[0-2]|[12]?[0-9])|[0-9a-fA-F:]*:[0-9a-fA-F:]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$";
/** A password would stand in the environment of the pod, for everybody to see. */
const openUrl = "^(https?://[^/@]+[^@]*)?$";
const orEmpty = (pattern: string): string => `^$|${pattern}`;

/** Not such as `latest`, which is another image tomorrow. */
const exactTag = "[a-zA-Z0-9_.-]*[0-9][a-zA-Z0-9_.-]*";
const strings = { type: "string" };
const labels = map("^.{1,317}$", strings);
const cidrs = list({ type: "string", pattern: cidr });
const ports = list({ type: "integer", minimum: 1, maximum: 65_535 });
/** What Kubernetes itself checks: objects with these keys. */
const objects = (...keys: readonly string[]): Leaf =>
  list({ type: "object", minProperties: 1, propertyNames: { enum: keys } });
const peers = objects("ipBlock", "namespaceSelector", "podSelector");
const tolerations = objects("key", "operator", "value", "effect", "tolerationSeconds");

const probe = { periodSeconds: whole(1, 600), failureThreshold: whole(1, 1000) };

const service: Tree = {
  enabled: isOn,
  kind: oneOf("Deployment", "StatefulSet"),
  replicas: whole(0, 100),
  revisionHistoryLimit: whole(0, 100),
  existingSecret: text(name),
  otelServiceName: text(),
  resources: {
    requests: { cpu: text(cpu) },
    limits: { memory: text(memory), cpu: text(orEmpty(cpu)) },
  },
  autoscaling: {
    enabled: isOn,
    minReplicas: whole(1, 100),
    maxReplicas: whole(1, 100),
    targetCPUUtilizationPercentage: whole(1, 1000),
  },
  pdb: { enabled: isOn, maxUnavailable: whole(1, 100) },
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  nodeSelector: labels,
  tolerations,
  affinity: leaf({
    type: "object",
    propertyNames: { enum: ["nodeAffinity", "podAffinity", "podAntiAffinity"] },
  }),
  topologySpreadConstraints: objects(
    ...[
      "maxSkew",
      "topologyKey",
      "whenUnsatisfiable",
      "minDomains",
      "nodeAffinityPolicy",
      "nodeTaintsPolicy",
    ],
    "matchLabelKeys",
  ),
  priorityClassName: text(name),
  podLabels: mapBut("^(app\\.kubernetes\\.io/|helm\\.sh/)", strings),
  podAnnotations: mapBut("^checksum/", strings),
};

const server: Tree = {
  mode: oneOf("bundled", "external"),
  bundled: {
    image: text(orEmpty(`^[a-z0-9][a-zA-Z0-9./:_-]*:${exactTag}(@sha256:[0-9a-f]{64})?$`)),
    size: text("^([1-9][0-9]*(Mi|Gi|Ti))?$"),
    storageClass: text(`^-$|${name}`),
    existingClaim: text(name),
    cpu: text(orEmpty(cpu)),
    memory: text(orEmpty(memory)),
    nodeSelector: labels,
    tolerations,
  },
  external: { host: text(host), port: whole(1, 65_535), cidrs, peers },
};

const ingress: Tree = {
  enabled: isOn,
  className: text(name),
  host: text(host),
  annotations: labels,
  tls: { enabled: isOn, secretName: text(name) },
};

const route: Tree = {
  enabled: isOn,
  hostnames: list({ type: "string", minLength: 1, pattern: host }),
  parentRefs: leaf({
    type: "array",
    items: {
      type: "object",
      required: ["name"],
      propertyNames: { enum: ["group", "kind", "name", "namespace", "port", "sectionName"] },
    },
  }),
  annotations: labels,
  timeouts: leaf({
    type: "object",
    propertyNames: { enum: ["request", "backendRequest"] },
    additionalProperties: { type: "string", pattern: duration },
  }),
};

const serviceNames = [
  "audit-event-generator",
  "audit-event-gateway",
  "audit-log-analysis",
  "notification-service",
  "event-audit-dashboard",
];

const tree: Tree = {
  image: {
    registry: text("^([a-zA-Z0-9][a-zA-Z0-9.:/_-]*)?$"),
    repository: text("^[a-z0-9][a-z0-9./_-]*$"),
    tag: text(orEmpty(`^${exactTag}$`)),
    digest: text("^(sha256:[0-9a-f]{64})?$"),
    pullPolicy: oneOf("Always", "IfNotPresent", "Never"),
    pullSecrets: objects("name"),
  },
  credentials: { existingSecret: text(name), revision: text() },
  config: {
    anonymousAccess: oneOf("", "none", "viewer", "sender", "operator"),
    allowedHosts: list({ type: "string", pattern: "^[^, ]+$" }),
    rateLimit: whole(0, 1_000_000),
    retentionDays: whole(0, 36_500),
    baseUrl: text("^(https?://[^/@]+(/.*)?)?$"),
    smtp: isOn,
    allowedReceivers: list({ type: "string", pattern: "^[^, ]+$" }),
    tracing: {
      endpoint: text(openUrl),
      tracesEndpoint: text(openUrl),
      sampler: oneOf("", ...samplerNames),
      samplerArg: text("^(0(\\.[0-9]+)?|1(\\.0+)?)?$"),
      resourceAttributes: map("^[^=, ]+$", { type: "string", pattern: "^[^,]*$" }),
    },
  },
  logLevel: {
    level: oneOf(...logLevels),
    modules: map(`^(${logModules.join("|")})$`, { enum: [...logLevels] }),
  },
  rules: {
    pack: isOn,
    files: map("^[a-zA-Z0-9][a-zA-Z0-9._-]*\\.ya?ml$", { type: "string", minLength: 1 }),
    existingConfigMap: text(name),
  },
  serviceDefaults: service,
  services: Object.fromEntries(serviceNames.map((own) => [own, leaf({ $ref: "#/definitions/service" })])),
  postgresql: server,
  rabbitmq: server,
  redis: server,
  ingress: { dashboard: ingress, gateway: ingress },
  httpRoute: { dashboard: route, gateway: route },
  networkPolicy: {
    enabled: isOn,
    dns: { peers },
    ingressController: { peers },
    senders: { peers },
    prometheus: { peers },
    tracing: { peers },
    channels: { enabled: isOn, cidrs, except: cidrs, ports },
  },
  monitoring: {
    serviceMonitor: { enabled: isOn, interval: text(duration), labels },
    prometheusRule: { enabled: isOn, labels, runbookBase: text("^(https?://[^/]+.*)?$") },
    dashboards: { enabled: isOn, labels, annotations: labels },
  },
  admissionPolicy: {
    enabled: isOn,
    validationActions: list({ type: "string", enum: ["Deny", "Warn", "Audit"] }),
  },
  serviceAccount: { create: isOn, name: text(name), annotations: labels },
};

/** The JSON schema of the values: no key that is not in it, each with the words of values.yaml. */
export function valuesSchema(sections: readonly ValueSection[]): object {
  const rows = sections.flatMap((section) => section.rows);
  const comments = new Map(rows.map(({ path, comment }) => [path, comment]));
  for (const { key, heading } of sections) comments.set(key, heading);
  const { properties, ...rest } = strict(tree, "", comments) as { properties: { serviceDefaults: object } };
  const global = {
    type: "object",
    description: "Set by Helm in a chart that this one is a part of; not used.",
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the AuditFlow chart",
    ...rest,
    properties: { ...properties, serviceDefaults: { $ref: "#/definitions/service" }, global },
    definitions: { service: properties.serviceDefaults },
  };
}

function strict(part: Tree, path: string, comments: ReadonlyMap<string, string>): object {
  const properties = Object.entries(part).map(([key, value]) => {
    const own = path === "" ? key : `${path}.${key}`;
    const description = comments.get(own);
    const schema = value instanceof Leaf ? value.schema : strict(value, own, comments);
    if (description === undefined && value instanceof Leaf)
      throw new Error(`${own} has no comment in values.yaml`);
    // Nothing stands beside a reference.
    const isAlone = description === undefined || "$ref" in schema;
    return [key, isAlone ? schema : { description, ...schema }];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}
