import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";

/** Gives every address of a name, IPv4 and IPv6, as text. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * Whether a receiver may be called: with the very addresses to connect to, refused for good, or not known because the
 * name did not resolve now. Both sentences name the host and never an address, which would map the inner network.
 */
export type ReceiverCheck =
  | { readonly url: URL; readonly addresses: readonly string[] }
  | { readonly refused: string }
  | { readonly unresolved: string };

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const longestUrl = 2048;

/** IPv6 gives out this block alone to the public; ipaddr.js calls much of the rest unicast, `::127.0.0.1` too. */
const publicBlock: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/**
 * Decides whether `url` may be called: http or https without a name and password in it, and every address of its host
 * public, or listed in `allowed` (host names, addresses, CIDR ranges). A listed host name allows all its addresses.
 * Asks `resolve` at most once, and connecting to nothing else than the addresses given back is what makes a second
 * answer of a hostile name server harmless. Never rejects; how long it takes is up to `resolve`.
 */
export async function checkReceiver(
  url: string,
  allowed: readonly string[],
  resolve: Resolve = systemResolve,
): Promise<ReceiverCheck> {
  const parsed = parseUrl(url);
  if (typeof parsed === "string") return { refused: parsed };
  const host = bareHost(parsed.hostname);
  const found = await resolved(parsed, resolve);
  const listed = allowed.some((entry) => bareHost(entry.trim().toLowerCase()) === host);
  if (listed || !("addresses" in found)) return found;
  const ranges = allowed.flatMap((entry) => parseRange(entry.trim()));
  const kinds = found.addresses.map((address) => nonPublicKind(address, ranges));
  const kind = kinds.find((one) => one !== undefined);
  return kind === undefined ? found : { refused: refusal(host, kind) };
}

/**
 * Whether an entry of the list of allowed receivers means something: a host name, an address or a CIDR range. One that
 * means nothing allows nothing.
 */
export function isReceiverEntry(entry: string): boolean {
  const text = bareHost(entry.trim());
  // What ends in a number is an address or a slip of the pen, never a name.
  return parseRange(text).length > 0 || /^(?!(?:.*\.)?\d+$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(text);
}

function refusal(host: string, kind: string): string {
  return (
    `${host} leads to an address that is not public (${kind}); ` +
    "to allow it, add the host or its CIDR range to AUDITFLOW_ALLOWED_RECEIVERS."
  );
}

function parseUrl(text: string): URL | string {
  if (text.length > longestUrl) return `The URL is longer than ${longestUrl} characters.`;
  const url = URL.parse(text);
  if (url === null) return "The URL is not valid; write it as https://host/path.";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "Only https and http URLs can be called.";
  if (url.username !== "" || url.password !== "") return "The URL must not hold a user name or password.";
  return url;
}

/** The host as it is compared: without the brackets of IPv6 and without the dot that ends an absolute name. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

async function resolved(url: URL, resolve: Resolve): Promise<ReceiverCheck> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (ipaddr.isValid(host)) return { url, addresses: [host] };
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return { url, addresses };
    return { unresolved: `The name ${bareHost(host)} has no address.` };
  } catch (error) {
    return { unresolved: `The name ${bareHost(host)} could not be resolved (${codeOf(error)}).` };
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "no answer";
}

async function systemResolve(host: string): Promise<readonly string[]> {
  // getaddrinfo, not DNS alone: names of the hosts file and of the cluster's search domains are receivers too.
  const found = await lookup(host, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

function parseRange(entry: string): [Address, number][] {
  const text = bareHost(entry);
  if (ipaddr.isValidCIDR(text)) return [ipaddr.parseCIDR(text)];
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.process(text);
  return [[address, address.kind() === "ipv4" ? 32 : 128]];
}

/** The kind of range that makes an address not public, or undefined when it is public or in one of `ranges`. */
function nonPublicKind(text: string, ranges: readonly [Address, number][]): string | undefined {
  if (!ipaddr.isValid(text)) return "unknown";
  const address = ipaddr.parse(text);
  // As written and as the IPv4 address it stands for: either may be what is listed.
  const forms = [address, ipaddr.process(text)];
  if (forms.some((form) => ranges.some((range) => isWithin(form, range)))) return undefined;
  const kind: string = address.range();
  if (kind !== "unicast") return kind;
  return address instanceof ipaddr.IPv6 && !address.match(publicBlock) ? "reserved" : undefined;
}

function isWithin(address: Address, [start, bits]: [Address, number]): boolean {
  return address.kind() === start.kind() && address.match(start, bits);
}
