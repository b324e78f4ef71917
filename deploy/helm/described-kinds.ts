/** A kind of object, as docs/kubernetes/api-resources.md tells of it. */
export interface Described {
  readonly scope: "namespace" | "cluster";
  /** What it is for here. */
  readonly purpose: string;
  /** Whose API it is, and whether every cluster has it. */
  readonly owner: string;
  /** Kinds that it names or selects, each with the verb of the arrow. */
  readonly pointsTo: readonly (readonly [kind: string, how: string])[];
}

const kubernetes = "Kubernetes";
const metallb = "MetalLB";
const prometheus = "Prometheus operator";
const gatewayApi = "Gateway API (in k3s)";

/** Every kind that the chart or deploy/cluster makes; deploy/helm/api-resources.ts compares with what they do make. */
export const describedKinds: Readonly<Record<string, Described>> = {
  ConfigMap: {
    scope: "namespace",
    purpose: "log level, rules and the configuration of the bundled broker, as files; Grafana dashboards",
    owner: kubernetes,
    pointsTo: [],
  },
  Deployment: {
    scope: "namespace",
    purpose: "one service: its pods, replaced one by one when something changes",
    owner: kubernetes,
    pointsTo: [
      ["ReplicaSet", "makes"],
      ["ConfigMap", "mounts"],
      ["ServiceAccount", "runs as"],
    ],
  },
  Gateway: {
    scope: "namespace",
    purpose: "a door in Traefik: port, certificate, and whose routes it takes",
    owner: gatewayApi,
    pointsTo: [],
  },
  HelmChartConfig: {
    scope: "namespace",
    purpose: "values for the Traefik that k3s installs",
    owner: "k3s",
    pointsTo: [],
  },
  HorizontalPodAutoscaler: {
    scope: "namespace",
    purpose: "the number of pods, by CPU in percent of the request",
    owner: `${kubernetes}; needs metrics-server`,
    pointsTo: [["Deployment", "scales"]],
  },
  HTTPRoute: {
    scope: "namespace",
    purpose: "the way in by a Gateway: host to Service",
    owner: gatewayApi,
    pointsTo: [
      ["Service", "leads to"],
      ["Gateway", "hangs on"],
    ],
  },
  Ingress: {
    scope: "namespace",
    purpose: "the way in by an Ingress controller: host and certificate to Service",
    owner: `${kubernetes}; needs a controller`,
    pointsTo: [["Service", "leads to"]],
  },
  IPAddressPool: {
    scope: "namespace",
    purpose: "the addresses that MetalLB may give out",
    owner: metallb,
    pointsTo: [],
  },
  L2Advertisement: {
    scope: "namespace",
    purpose: "answers for the addresses of a pool on the local network",
    owner: metallb,
    pointsTo: [["IPAddressPool", "announces"]],
  },
  LimitRange: {
    scope: "namespace",
    purpose: "what a container gets that says nothing, and what none may exceed",
    owner: kubernetes,
    pointsTo: [],
  },
  Namespace: {
    scope: "cluster",
    purpose: "where everything is, with pod security `restricted`",
    owner: kubernetes,
    pointsTo: [],
  },
  NetworkPolicy: {
    scope: "namespace",
    purpose: "who may talk to whom; all else is refused",
    owner: `${kubernetes}; enforced by the network plug-in (k3s does)`,
    pointsTo: [["Pod", "guards"]],
  },
  Pod: {
    scope: "namespace",
    purpose: "`helm test`: asks the installation how it is, once",
    owner: kubernetes,
    pointsTo: [],
  },
  PodDisruptionBudget: {
    scope: "namespace",
    purpose: "how many pods of a service the drain of a node may take at once",
    owner: kubernetes,
    pointsTo: [["Pod", "protects"]],
  },
  PrometheusRule: {
    scope: "namespace",
    purpose: "alerts on AuditFlow itself, each with a runbook",
    owner: prometheus,
    pointsTo: [],
  },
  ResourceQuota: {
    scope: "namespace",
    purpose: "what the namespace may request in all",
    owner: kubernetes,
    pointsTo: [],
  },
  Service: {
    scope: "namespace",
    purpose: "one stable name and address for the pods of a service; `ClusterIP` all of them",
    owner: kubernetes,
    pointsTo: [["Pod", "sends to"]],
  },
  ServiceAccount: {
    scope: "namespace",
    purpose: "whom the pods are to the API server: nobody, with no rights and no token",
    owner: kubernetes,
    pointsTo: [],
  },
  ServiceMonitor: {
    scope: "namespace",
    purpose: "tells Prometheus to scrape `/metrics` of every service",
    owner: prometheus,
    pointsTo: [["Service", "finds"]],
  },
  StatefulSet: {
    scope: "namespace",
    purpose: "the bundled servers, each with a volume; services with `kind: StatefulSet`",
    owner: kubernetes,
    pointsTo: [
      ["Pod", "makes"],
      ["PersistentVolumeClaim", "makes"],
    ],
  },
  StorageClass: {
    scope: "cluster",
    purpose: "how volumes are made, and that they are kept",
    owner: `${kubernetes}; needs the provisioner it names`,
    pointsTo: [],
  },
  ValidatingAdmissionPolicy: {
    scope: "cluster",
    purpose: "the naming convention, as a rule of the API server",
    owner: `${kubernetes} 1.30`,
    pointsTo: [],
  },
  ValidatingAdmissionPolicyBinding: {
    scope: "cluster",
    purpose: "where the policy holds: this namespace",
    owner: `${kubernetes} 1.30`,
    pointsTo: [["ValidatingAdmissionPolicy", "applies"]],
  },
};

/** A kind that no file of ours holds. */
interface Made {
  readonly apiVersion: string;
  readonly by: string;
  readonly purpose: string;
  readonly pointsTo: Described["pointsTo"];
}

/** What stands in lists and is in no file: made of the chart's objects by Kubernetes, or by hand. */
export const madeByOthers: Readonly<Record<string, Made>> = {
  Secret: {
    apiVersion: "v1",
    by: "you, with `deploy/helm/make-credentials.ts`",
    purpose: "every credential; each pod mounts its own keys and no others",
    pointsTo: [],
  },
  ReplicaSet: {
    apiVersion: "apps/v1",
    by: "Deployment",
    purpose: "one version of a pod template; old ones stay, with no pods, for a rollback",
    pointsTo: [["Pod", "makes"]],
  },
  ControllerRevision: {
    apiVersion: "apps/v1",
    by: "StatefulSet",
    purpose: "the same for a StatefulSet",
    pointsTo: [],
  },
  Pod: {
    apiVersion: "v1",
    by: "ReplicaSet, StatefulSet",
    purpose: "the running thing, and the only one that ever runs",
    pointsTo: [["Secret", "mounts"]],
  },
  EndpointSlice: {
    apiVersion: "discovery.k8s.io/v1",
    by: "Service",
    purpose: "the addresses of its pods that are ready",
    pointsTo: [],
  },
  PersistentVolumeClaim: {
    apiVersion: "v1",
    by: "StatefulSet, from its template",
    purpose: "the wish for a volume; stays when the StatefulSet goes",
    pointsTo: [
      ["PersistentVolume", "is bound to"],
      ["StorageClass", "names"],
    ],
  },
  PersistentVolume: {
    apiVersion: "v1",
    by: "the provisioner of the StorageClass",
    purpose: "the volume itself",
    pointsTo: [],
  },
};
