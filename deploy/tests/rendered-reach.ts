import { BlockList } from "node:net";
import type { Rendered } from "./rendered.ts";
import type { Labels, NetworkPolicySpec, Peer, PolicyPort } from "./rendered-kinds.ts";
import { containersOf, renderedPods, selects } from "./rendered-pods.ts";

/** One end of a connection: a pod with its labels, or an address outside the cluster. */
export interface End {
  readonly name: string;
  readonly address: string;
  /** Labels of the pod and of its namespace; absent for what is no pod. */
  readonly pod?: Labels;
  readonly namespace?: string;
  /** What listens, by the number of its port: its name, or an empty text. */
  readonly listens: ReadonlyMap<number, string>;
}

/** Every pod of a render as an end of connections, with the ports that its containers name. */
export function renderedEnds(render: Rendered): End[] {
  return renderedPods(render).map((pod, index) => ({
    name: pod.name,
    address: `10.42.0.${index + 1}`,
    pod: pod.labels,
    namespace: render.namespace,
    listens: new Map(
      containersOf(pod.spec).flatMap(({ ports = [] }) =>
        ports.map(({ containerPort, name = "" }) => [containerPort, name] as const),
      ),
    ),
  }));
}

/**
 * Every connection that the NetworkPolicies of a render let through when each end knocks at these ports of each other,
 * as `from -> to:port` (`to:port/UDP`), sorted. It is computed as Kubernetes defines it: a pod that no policy means is
 * open, policies add up, and both ends must agree.
 */
export function renderedReach(render: Rendered, ends: readonly End[], knocks: readonly Knock[]): string[] {
  const policies = render.of("NetworkPolicy").map(({ spec }) => spec);
  const attempts = ends.flatMap((from) =>
    ends.flatMap((to) => (from === to ? [] : knocks.map((knock) => ({ from, to, knock })))),
  );
  return attempts
    .filter((attempt) => connects(policies, render.namespace, attempt))
    .map(
      ({ from, to, knock: { port, protocol } }) =>
        `${from.name} -> ${to.name}:${port}${protocol === "UDP" ? "/UDP" : ""}`,
    )
    .sort();
}

/** An attempt to connect. */
export interface Knock {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

interface Attempt {
  readonly from: End;
  readonly to: End;
  readonly knock: Knock;
}

function connects(policies: readonly NetworkPolicySpec[], namespace: string, attempt: Attempt): boolean {
  return (
    lets(policies, namespace, { type: "Egress", subject: attempt.from, other: attempt.to, attempt }) &&
    lets(policies, namespace, { type: "Ingress", subject: attempt.to, other: attempt.from, attempt })
  );
}

interface Side {
  readonly type: "Ingress" | "Egress";
  readonly subject: End;
  readonly other: End;
  readonly attempt: Attempt;
}

/** Whether the policies that mean the subject let it talk to, or hear from, the other end. */
function lets(policies: readonly NetworkPolicySpec[], namespace: string, side: Side): boolean {
  const { type, subject, attempt } = side;
  if (subject.pod === undefined || subject.namespace !== namespace) return true;
  const own = policies.filter(
    (policy) => typesOf(policy).includes(type) && selects(policy.podSelector ?? {}, subject.pod ?? {}),
  );
  if (own.length === 0) return true;
  return own
    .flatMap((policy) => rulesOf(policy, type))
    .some(
      ({ peers, ports }) =>
        (peers === undefined || peers.some((peer) => means(peer, side.other, namespace))) &&
        (ports === undefined || ports.some((port) => isPort(port, attempt))),
    );
}

function typesOf({ policyTypes, egress }: NetworkPolicySpec): readonly string[] {
  return policyTypes ?? (egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
}

// An empty list of peers or ports means the same as none: no restriction.
function rulesOf(policy: NetworkPolicySpec, type: Side["type"]) {
  const rules =
    type === "Ingress"
      ? (policy.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.map(({ peers, ports }) => ({
    peers: peers?.length === 0 ? undefined : peers,
    ports: ports?.length === 0 ? undefined : ports,
  }));
}

function means({ ipBlock, podSelector, namespaceSelector }: Peer, end: End, namespace: string): boolean {
  if (ipBlock !== undefined) {
    return (
      inNetwork(ipBlock.cidr, end.address) &&
      !(ipBlock.except ?? []).some((part) => inNetwork(part, end.address))
    );
  }
  if (end.pod === undefined) return false;
  const sameNamespace = namespaceSelector === undefined && end.namespace === namespace;
  const itsNamespace = { "kubernetes.io/metadata.name": end.namespace ?? "" };
  return (sameNamespace || selects(namespaceSelector, itsNamespace)) && selects(podSelector ?? {}, end.pod);
}

function inNetwork(cidr: string, address: string): boolean {
  const [base = "", bits] = cidr.split("/");
  if (base.includes(":")) return false;
  const network = new BlockList();
  network.addSubnet(base, Number(bits), "ipv4");
  return network.check(address, "ipv4");
}

function isPort({ port, endPort, protocol = "TCP" }: PolicyPort, { to, knock }: Attempt): boolean {
  if (protocol !== knock.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === "string") return to.listens.get(knock.port) === port;
  return knock.port >= port && knock.port <= (endPort ?? port);
}
