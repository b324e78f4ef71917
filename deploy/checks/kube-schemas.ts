import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./tracked-files.ts";

/** The version of Kubernetes whose API every manifest must fit. */
export const kubernetesVersion = "1.36.0";

/**
 * The options that tell kubeconform where schemas are: the folder that KUBE_SCHEMAS names, else
 * ../shared/data/kube-schemas beside the checkout if it is there, else the public places, kept in .tools/schemas.
 * Throws a sentence when KUBE_SCHEMAS names no such folder.
 */
export function schemaOptions(named: string | undefined): string[] {
  const beside = join(checkout, "..", "shared", "data", "kube-schemas");
  const folder = named || (existsSync(beside) ? beside : undefined);
  if (folder === undefined) {
    return [
      ...["-cache", join(checkout, ".tools", "schemas"), "-schema-location", "default", "-schema-location"],
      "https://raw.githubusercontent.com/datreeio/CRDs-catalog/main/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
    ];
  }
  if (!existsSync(join(folder, `v${kubernetesVersion}-standalone-strict`))) {
    throw new Error(`KUBE_SCHEMAS: ${folder} has no folder v${kubernetesVersion}-standalone-strict`);
  }
  return [
    "-schema-location",
    `${folder}/{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json`,
    "-schema-location",
    `${folder}/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
  ];
}
