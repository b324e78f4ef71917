import { parse } from "yaml";
import { type AddressRange, overlap, readRange, readRangeOrAddress } from "./address-range.ts";

/** A Kubernetes object, as far as pools are concerned. */
export interface ClusterObject {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly addresses?: readonly unknown[];
    readonly ipAddressPools?: readonly string[];
    readonly ipAddressPoolSelectors?: readonly unknown[];
    readonly valuesContent?: string;
    readonly type?: string;
  };
}

/** Addresses, and whose they are in words. */
interface Owned extends AddressRange {
  readonly owner: string;
}

/**
 * What is wrong with MetalLB's pools, one sentence each: addresses that cannot be read, that two pools have, that the
 * nodes or the DHCP server have (annotations of the pool), an advertisement of a pool that is not there, a pool that
 * nothing advertises, an address asked for that no pool has. The objects are taken as all there are.
 */
export function poolFaults(objects: readonly ClusterObject[]): string[] {
  const faults: string[] = [];
  const pools = objects.filter(({ kind }) => kind === "IPAddressPool");
  const given = pools.flatMap((pool) => rangesOf(pool, faults));
  faults.push(...overlaps(given));
  for (const pool of pools) faults.push(...takenFaults(pool, given));
  faults.push(...advertisementFaults(objects, pools), ...wantedFaults(objects, given));
  return faults;
}

/** The ranges of all pools that can be read. */
export function poolRanges(objects: readonly ClusterObject[]): AddressRange[] {
  return objects.filter(({ kind }) => kind === "IPAddressPool").flatMap((pool) => rangesOf(pool, []));
}

function rangesOf(pool: ClusterObject, faults: string[]): Owned[] {
  const owner = `pool ${nameOf(pool)}`;
  const addresses = pool.spec?.addresses ?? [];
  if (addresses.length === 0) faults.push(`${owner} has no addresses`);
  return addresses.flatMap((text) => {
    const range = readRange(String(text));
    if (!("fault" in range)) return [{ ...range, owner }];
    faults.push(`${owner}: ${range.fault}`);
    return [];
  });
}

function overlaps(ranges: readonly Owned[]): string[] {
  return ranges.flatMap((a, index) =>
    ranges
      .slice(index + 1)
      .filter((b) => overlap(a, b))
      .map((b) => `${a.owner}: ${a.text} overlaps ${b.text} of ${a.owner === b.owner ? "itself" : b.owner}`),
  );
}

/** The annotations of a pool that say which addresses of its network somebody else has. */
const takenBy: Readonly<Record<string, string>> = {
  "auditflow/node-addresses": "the addresses of the nodes",
  "auditflow/dhcp-range": "the range of the DHCP server",
};

function takenFaults(pool: ClusterObject, given: readonly Owned[]): string[] {
  const owner = `pool ${nameOf(pool)}`;
  return Object.entries(takenBy).flatMap(([annotation, words]) =>
    listed(pool.metadata?.annotations?.[annotation]).flatMap((text) => {
      const taken = readRangeOrAddress(text);
      if ("fault" in taken) return [`${owner}: annotation ${annotation}: ${taken.fault}`];
      const clashes = given.filter((range) => range.owner === owner && overlap(range, taken));
      return clashes.map((range) => `${owner}: ${range.text} overlaps ${words}, ${text}`);
    }),
  );
}

function advertisementFaults(objects: readonly ClusterObject[], pools: readonly ClusterObject[]): string[] {
  const advertisements = objects.filter(
    ({ kind }) => kind === "L2Advertisement" || kind === "BGPAdvertisement",
  );
  const unknown = advertisements.flatMap((advertisement) =>
    (advertisement.spec?.ipAddressPools ?? [])
      .filter((name) => !pools.some((pool) => nameOf(pool) === name && isBeside(pool, advertisement)))
      .map(
        (name) => `${advertisement.kind} ${nameOf(advertisement)} names the pool ${name}, which is not there`,
      ),
  );
  const silent = pools
    .filter((pool) => !advertisements.some((advertisement) => advertises(advertisement, pool)))
    .map((pool) => `pool ${nameOf(pool)} is advertised by nothing: its addresses would never answer`);
  return [...unknown, ...silent];
}

function advertises(advertisement: ClusterObject, pool: ClusterObject): boolean {
  const { ipAddressPools: names = [], ipAddressPoolSelectors: selectors = [] } = advertisement.spec ?? {};
  if (!isBeside(pool, advertisement)) return false;
  // Whose labels a selector fits is the cluster's to say: such an advertisement is given the benefit of the doubt.
  return names.length === 0 || selectors.length > 0 || names.includes(nameOf(pool));
}

function isBeside(a: ClusterObject, b: ClusterObject): boolean {
  return a.metadata?.namespace === b.metadata?.namespace;
}

const wantedBy = "metallb.io/loadBalancerIPs";

function wantedFaults(objects: readonly ClusterObject[], given: readonly Owned[]): string[] {
  return objects.flatMap((object) =>
    listed(annotationsOf(object)[wantedBy]).flatMap((text) => {
      const who = `${object.kind} ${nameOf(object)}`;
      const wanted = readRangeOrAddress(text);
      if ("fault" in wanted) return [`${who}: ${wantedBy}: ${wanted.fault}`];
      const isGiven = given.some((range) => range.first <= wanted.first && overlap(range, wanted));
      return isGiven ? [] : [`${who} asks for ${text}, which no pool has`];
    }),
  );
}

/** Of a Service its own; of k3s' HelmChartConfig those of the Service that its values describe. */
function annotationsOf({ kind, metadata, spec }: ClusterObject): Readonly<Record<string, string>> {
  if (kind === "Service" && spec?.type === "LoadBalancer") return metadata?.annotations ?? {};
  if (kind !== "HelmChartConfig" || spec?.valuesContent === undefined) return {};
  const values = parse(spec.valuesContent) as { service?: { annotations?: Record<string, string> } } | null;
  return values?.service?.annotations ?? {};
}

function listed(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function nameOf({ metadata }: ClusterObject): string {
  return metadata?.name ?? "without a name";
}
