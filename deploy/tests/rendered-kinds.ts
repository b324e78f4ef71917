/** Names with their values: labels, annotations, environment. */
export type Labels = Readonly<Record<string, string>>;

/** What every Kubernetes object has. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
}

/** The objects whose content the tests read, by kind. What Kubernetes demands of a shape is kubeconform's business. */
export interface Kinds {
  readonly Deployment: Workload;
  readonly StatefulSet: Workload;
  readonly Pod: KubeObject & { readonly spec: PodSpec };
  readonly Service: KubeObject & { readonly spec: ServiceSpec };
  readonly ConfigMap: KubeObject & { readonly data: Labels };
  readonly Secret: KubeObject & { readonly data?: Labels; readonly stringData?: Labels };
  readonly ServiceAccount: KubeObject & { readonly automountServiceAccountToken?: boolean };
  readonly NetworkPolicy: KubeObject & { readonly spec: NetworkPolicySpec };
  readonly PodDisruptionBudget: KubeObject & {
    readonly spec: { readonly selector: Selector; readonly maxUnavailable?: number | string };
  };
  readonly HorizontalPodAutoscaler: KubeObject & {
    readonly spec: {
      readonly scaleTargetRef: { readonly kind: string; readonly name: string };
      readonly minReplicas: number;
      readonly maxReplicas: number;
    };
  };
  readonly Ingress: KubeObject & { readonly spec: IngressSpec };
  readonly HTTPRoute: KubeObject & { readonly spec: HttpRouteSpec };
  readonly ServiceMonitor: KubeObject & {
    readonly spec: {
      readonly selector: Selector;
      readonly endpoints: readonly { readonly port: string; readonly path?: string }[];
    };
  };
  readonly PrometheusRule: KubeObject & { readonly spec: { readonly groups: readonly unknown[] } };
  readonly ValidatingAdmissionPolicy: KubeObject & {
    readonly spec: { readonly validations: readonly { readonly expression: string }[] };
  };
  readonly ValidatingAdmissionPolicyBinding: KubeObject & {
    readonly spec: { readonly policyName: string; readonly validationActions: readonly string[] };
  };
}

/** Which objects are meant, by their labels. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** What makes pods. */
export type Workload = KubeObject & {
  readonly spec: {
    readonly replicas?: number;
    readonly revisionHistoryLimit?: number;
    readonly serviceName?: string;
    readonly selector: Selector;
    readonly strategy?: { readonly rollingUpdate?: { readonly maxUnavailable?: number | string } };
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations?: Labels };
      readonly spec: PodSpec;
    };
    readonly volumeClaimTemplates?: readonly (KubeObject & { readonly spec: ClaimSpec })[];
  };
};

interface ClaimSpec {
  readonly storageClassName?: string;
  readonly resources: { readonly requests: { readonly storage: string } };
}

/** A pod as Kubernetes starts it. */
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: Selector }[];
  readonly nodeSelector?: Labels;
}

/** One program of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvEntry[];
  readonly envFrom?: readonly unknown[];
  readonly ports?: readonly ContainerPort[];
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly Mount[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
}

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Readonly<Record<string, unknown>>;
}

/** A port that a container says it listens on. */
export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
  readonly hostPort?: number;
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

/** How the kubelet asks a container how it is. */
export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: string | number };
  readonly tcpSocket?: { readonly port: string | number };
  readonly exec?: { readonly command: readonly string[] };
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly timeoutSeconds?: number;
}

/** What a pod or container may do on its node. */
export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
}

/** Files that come from outside the image. */
export interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly hostPath?: unknown;
  readonly secret?: VolumeSource;
  readonly configMap?: VolumeSource;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly projected?: {
    readonly sources: readonly { readonly secret?: VolumeSource; readonly configMap?: VolumeSource }[];
  };
}

/** A Secret (`secretName`, in a projection `name`) or a ConfigMap (`name`) as files. */
export interface VolumeSource {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
  readonly optional?: boolean;
  readonly defaultMode?: number;
}

/** One address for the pods that the selector means. */
export interface ServiceSpec {
  readonly type?: string;
  readonly clusterIP?: string;
  readonly selector?: Labels;
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly targetPort?: string | number;
    readonly protocol?: string;
  }[];
}

interface IngressSpec {
  readonly ingressClassName?: string;
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
  readonly rules: readonly {
    readonly host?: string;
    readonly http: {
      readonly paths: readonly {
        readonly path: string;
        readonly backend: {
          readonly service: {
            readonly name: string;
            readonly port: { readonly name?: string; readonly number?: number };
          };
        };
      }[];
    };
  }[];
}

interface HttpRouteSpec {
  readonly hostnames?: readonly string[];
  readonly parentRefs?: readonly { readonly name: string }[];
  readonly rules: readonly {
    readonly backendRefs?: readonly { readonly name: string; readonly port: number }[];
  }[];
}

/** Whom the pods of `podSelector` may talk to, and who to them; no list for a type in `policyTypes` means nobody. */
export interface NetworkPolicySpec {
  readonly podSelector?: Selector;
  readonly policyTypes?: readonly ("Ingress" | "Egress")[];
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly PolicyPort[] }[];
  readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly PolicyPort[] }[];
}

/** One end of an allowed connection. */
export interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** A port, by number or name, or a range of them. */
export interface PolicyPort {
  readonly port?: number | string;
  readonly endPort?: number;
  readonly protocol?: string;
}
