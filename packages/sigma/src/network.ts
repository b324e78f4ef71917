import ipaddr from "ipaddr.js";

/** A network that addresses can be tested against, or what is wrong with its text. */
type Network = { readonly holds: (address: string) => boolean } | { readonly fault: string };

/** Reads `10.0.0.0/8` or `fe80::/10`; host bits must be zero. Addresses that do not parse are in no network. */
export function parseNetwork(text: string): Network {
  const known = ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
  if (!known)
    return { fault: `"${text}" is not a network; write an address and its prefix, such as 10.0.0.0/8` };
  const [base, prefix] = ipaddr.parseCIDR(text);
  const kind = base.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = kind.networkAddressFromCIDR(text);
  if (network.toString() !== base.toString()) {
    return { fault: `"${text}" names a host, not a network; write ${network.toString()}/${prefix}` };
  }
  return {
    holds(address) {
      const parsed = parseAddress(address);
      if (parsed === undefined || parsed.kind() !== base.kind()) return false;
      return parsed.match(base, prefix);
    },
  };
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const known = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  // `process` turns an IPv4 address in IPv6 clothes (::ffff:10.0.0.1), as dual-stack servers log it, into itself.
  return known ? ipaddr.process(text) : undefined;
}
