import { describe, expect, it } from "vitest";
import { tagLink } from "./tag-link.ts";

describe("the page that explains a tag", () => {
  it.each([
    ["attack.t1110", "https://attack.mitre.org/techniques/T1110/"],
    ["attack.T1110.001", "https://attack.mitre.org/techniques/T1110/001/"],
    ["attack.g0016", "https://attack.mitre.org/groups/G0016/"],
    ["attack.s0154", "https://attack.mitre.org/software/S0154/"],
    ["attack.credential-access", "https://attack.mitre.org/tactics/TA0006/"],
    ["attack.credential_access", "https://attack.mitre.org/tactics/TA0006/"],
    ["cve.2021-44228", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"],
    ["cve.2021.44228", "https://nvd.nist.gov/vuln/detail/CVE-2021-44228"],
  ])("%s has one", (tag, page) => {
    expect(tagLink(tag)).toBe(page);
  });

  it.each([
    ...["detection.emerging-threats", "tlp.red", "t1110", "attack.", "attack.nothing", "attack.t1110.1"],
    ...["attack.constructor", "attack.t1110/../x", "javascript:alert(1)", "attack.t1110 onclick", "cve.2021"],
  ])("%s has none", (tag) => {
    expect(tagLink(tag)).toBeUndefined();
  });
});
