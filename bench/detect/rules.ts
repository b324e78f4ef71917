import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import { type DetectionRule, loadRules } from "@auditflow/sigma";
import { parseAllDocuments } from "yaml";
import { root } from "../../scripts/root.ts";
import { countries } from "./values.ts";

/** A rule of SigmaHQ with what its file says of it. */
export interface CorpusRule {
  readonly rule: DetectionRule;
  readonly detection: Readonly<Record<string, unknown>>;
}

/** SigmaHQ as the product loads it. */
export interface Corpus {
  readonly rules: readonly CorpusRule[];
  /** Where `sigmahq/` and its neighbours lie. */
  readonly folder: string;
}

const wanted = 3780;

/**
 * Loads the rules of SigmaHQ from AUDITFLOW_CORPUS, by default `../shared/data` beside the repository.
 * @throws AuditFlowError invalid_config when they are not there; Error when they are not the 3,780 of the goals.
 */
export function loadCorpus(): Corpus {
  const folder = resolve(root, process.env["AUDITFLOW_CORPUS"] || "../shared/data");
  const files = globSync("sigmahq/rules*/**/*.yml", { cwd: folder }).sort();
  if (files.length === 0) {
    throw new AuditFlowError(
      "invalid_config",
      `${join(folder, "sigmahq")} holds no rules. Set AUDITFLOW_CORPUS to the folder with the rules of SigmaHQ ` +
        "(github.com/SigmaHQ/sigma, in a folder sigmahq/)",
    );
  }
  if (files.length !== wanted) {
    throw new Error(`There are ${files.length} rule files in ${folder}, but the goals are about ${wanted}`);
  }
  const sources = files.map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
  const detections = new Map(
    sources.map(({ file, text }) => [file, parseAllDocuments(text)[0]!.toJS().detection] as const),
  );
  const { rules, problems } = loadRules([...sources, placeholders(detections.values())]);
  const loaded = rules.filter((rule) => rule.kind === "detection");
  if (loaded.length !== wanted) {
    const [problem] = problems;
    throw new Error(
      `${loaded.length} of ${wanted} rules load; one of the reasons: ${JSON.stringify(problem)}`,
    );
  }
  return { rules: loaded.map((rule) => ({ rule, detection: detections.get(rule.file)! })), folder };
}

/** A table that fills every placeholder that the rules name. */
function placeholders(detections: Iterable<unknown>): { file: string; text: string } {
  const names = new Set([...detections].flatMap(placeholderNames));
  const table = Object.fromEntries([...names].map((name) => [name, filling(name)]));
  return { file: "placeholders.yml", text: JSON.stringify({ placeholders: table }) };
}

/** What a company would fill in for a placeholder: the countries that it works in, an address, or a name. */
export function filling(name: string): string | readonly string[] {
  if (/location|countries/i.test(name) && !/^un/i.test(name)) return countries;
  return /ip/i.test(name) ? "192.0.2.7" : "known-value";
}

function placeholderNames(detection: unknown): string[] {
  if (typeof detection !== "object" || detection === null) return [];
  return Object.entries(detection).flatMap(([key, value]) =>
    key.split("|").includes("expand")
      ? [...String(value).matchAll(/%([^%]+)%/g)].map(([, name]) => name!)
      : placeholderNames(value),
  );
}

const auditProducts = [
  "aws",
  "azure",
  "okta",
  "gcp",
  "github",
  "bitbucket",
  "m365",
  "kubernetes",
  "onelogin",
];
const auditCore = 402;

/**
 * The rules that look at audit logs: those of the cloud services, of Cisco AAA and Duo, and those of Linux that are
 * not about a category of an agent on the host.
 * @throws Error when they are not the 402 that the goals are about.
 */
export function auditRules({ rules }: Corpus): readonly CorpusRule[] {
  const found = rules.filter(({ rule: { logsource } }) => {
    const { product = "", category, service = "" } = logsource;
    if (product === "cisco") return service === "aaa" || service === "duo";
    return product === "linux" ? category === undefined : auditProducts.includes(product);
  });
  if (found.length !== auditCore) {
    throw new Error(`${found.length} audit rules were loaded, but the goals are about ${auditCore}`);
  }
  return found;
}
