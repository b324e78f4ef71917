import { matchesGlob } from "node:path";
import { trackedFiles } from "./tracked-files.ts";

/** Who checks the content of the YAML files of a pattern. */
export interface Claim {
  readonly glob: string;
  /**
   * `kubernetes`: kubeconform and check-manifests.ts. `schema NAME`: schemas/NAME.schema.json. Anything else is a
   * sentence that names who does; such a file is only parsed here.
   */
  readonly by: string;
  /** Text for a template engine, which cannot be parsed as YAML. */
  readonly template?: true;
}

/** One row for every YAML file that Git tracks: a file without a row, or with two, is a fault. */
const claims: readonly Claim[] = [
  { glob: "deploy/manifests/**/*.yaml", by: "kubernetes" },
  { glob: "deploy/cluster/!(k3s|audit)/**/!(kustomization).yaml", by: "kubernetes" },
  { glob: "deploy/cluster/**/kustomization.yaml", by: "schema kustomization" },
  { glob: "deploy/cluster/k3s/**/config.yaml", by: "schema k3s-config" },
  { glob: "deploy/cluster/audit/audit-policy.yaml", by: "schema audit-policy" },
  { glob: "deploy/cluster/audit/*webhook*.yaml", by: "schema kubeconfig" },
  { glob: "deploy/{,docker/}compose*.yaml", by: "schema compose" },
  { glob: "deploy/helm/*/Chart.yaml", by: "schema chart" },
  { glob: "deploy/helm/*/values.yaml", by: "helm lint, by values.schema.json of the chart" },
  { glob: "deploy/helm/*/ci/*-values.yaml", by: "helm lint, by values.schema.json of the chart" },
  { glob: "deploy/helm/*/templates/**/*.yaml", by: "the manifests that come out of it", template: true },
  { glob: "deploy/helm/*/monitoring/*.yaml", by: "schema prometheus-rules" },
  { glob: "deploy/helm/monitoring-tests/*.yaml", by: "promtool test rules (npm run check:deploy)" },
  { glob: "deploy/feeders/vector/*.yaml", by: "schema vector" },
  { glob: "{rules,faults/rules}/!(*.test).yml", by: "packages/sigma/src/rule-pack.test.ts, faults/run.ts" },
  { glob: "rules/*.test.yml", by: "packages/sigma/src/rule-pack.test.ts" },
  { glob: "conformance/{samples,vectors/*}.yml", by: "npm run conformance" },
  { glob: "packages/*/{fixtures,testing}/**/*.{yml,yaml}", by: "the tests that read it" },
  { glob: ".github/workflows/*.{yml,yaml}", by: "actionlint" },
  { glob: ".github/actions/*/action.{yml,yaml}", by: "schema github-action" },
  { glob: ".github/dependabot.yml", by: "schema dependabot" },
  { glob: ".github/ISSUE_TEMPLATE/*.{yml,yaml}", by: "schema issue-template" },
  { glob: ".pre-commit-config.yaml", by: "schema pre-commit" },
  { glob: ".secretlintrc.yml", by: "schema secretlint" },
  { glob: ".yamllint.yml", by: "yamllint, which reads it" },
];

/** Every YAML file that Git tracks. */
export function yamlFiles(): string[] {
  return trackedFiles("*.yml", "*.yaml");
}

/** The rows of the table that fit a file: one, when all is well. */
export function claimsOf(file: string): readonly Claim[] {
  return claims.filter(({ glob }) => matchesGlob(file, glob));
}

/** The tracked files that hold Kubernetes objects. */
export function kubernetesFiles(): string[] {
  return yamlFiles().filter((file) => claimsOf(file).some(({ by }) => by === "kubernetes"));
}
