/** The tactics of MITRE ATT&CK by the names that tags call them. */
const tactics: Readonly<Record<string, string>> = {
  reconnaissance: "TA0043",
  "resource-development": "TA0042",
  "initial-access": "TA0001",
  execution: "TA0002",
  persistence: "TA0003",
  "privilege-escalation": "TA0004",
  "defense-evasion": "TA0005",
  "credential-access": "TA0006",
  discovery: "TA0007",
  "lateral-movement": "TA0008",
  collection: "TA0009",
  "command-and-control": "TA0011",
  exfiltration: "TA0010",
  impact: "TA0040",
};

const attack = "https://attack.mitre.org";

/**
 * The page that explains a tag of a rule: a tactic, technique, group or software of MITRE ATT&CK, or a CVE; undefined for
 * any other tag. The tag comes from outside: nothing of it gets into the address but letters and digits in their place.
 */
export function tagLink(tag: string): string | undefined {
  const [, namespace, name = ""] = /^(attack|cve)\.([a-z0-9._-]+)$/.exec(tag.toLowerCase()) ?? [];
  if (namespace === "cve") {
    const number = /^(\d{4})[-.](\d{4,})$/.exec(name);
    return number === null ? undefined : `https://nvd.nist.gov/vuln/detail/CVE-${number[1]}-${number[2]}`;
  }
  if (namespace !== "attack") return undefined;
  const technique = /^(t\d{4})(?:\.(\d{3}))?$/.exec(name);
  if (technique !== null) {
    const [, main = "", part] = technique;
    return `${attack}/techniques/${main.toUpperCase()}/${part === undefined ? "" : `${part}/`}`;
  }
  if (/^g\d{4}$/.test(name)) return `${attack}/groups/${name.toUpperCase()}/`;
  if (/^s\d{4}$/.test(name)) return `${attack}/software/${name.toUpperCase()}/`;
  const tactic = name.replaceAll("_", "-");
  return Object.hasOwn(tactics, tactic) ? `${attack}/tactics/${tactics[tactic]}/` : undefined;
}
