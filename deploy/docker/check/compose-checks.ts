import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type RoleName, roleNames, roleTable } from "../../../packages/server/src/app/role-table.ts";
import { root } from "../../../scripts/root.ts";
import { insist, type Report } from "./report.ts";
import { isKnown } from "./settings-checks.ts";

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly healthcheck?: { readonly test?: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file?: string }>>;
}

/** The file that runs the services on one machine. */
export function composeText(): string {
  return readFileSync(join(root, "deploy/compose.yaml"), "utf8");
}

/** What the file says of each service holds against the program. */
export async function checkCompose(report: Report, text: string = composeText()): Promise<void> {
  const { services, secrets } = parse(text, { merge: true }) as Compose;
  const all = Object.entries(services);
  await report.check("compose", "runs every service, confined as on Kubernetes", () => {
    const absent = roleNames.filter((role) => services[role]?.command?.join(" ") !== `serve ${role}`);
    insist(absent.length === 0, `not run: ${absent.join(", ")}`);
    const faults = roleNames.flatMap((role) =>
      confinementFaults(services[role] ?? {}).map((fault) => `${role}: ${fault}`),
    );
    insist(faults.length === 0, faults.join("\n"));
    return roleNames.join(" ");
  });
  await report.check("compose", "every service has a memory limit, a health check and an exact image", () => {
    const faults = all.flatMap(([name, service]) => [
      ...(service.mem_limit === undefined ? [`${name}: no mem_limit`] : []),
      ...(service.healthcheck?.test === undefined ? [`${name}: no healthcheck`] : []),
      ...(/:[\w.-]*\d[\w.-]*$/.test(service.image ?? "")
        ? []
        : [`${name}: image ${service.image} has no exact tag`]),
      ...(service.ports ?? [])
        .filter((port) => !port.startsWith("127.0.0.1:"))
        .map((port) => `${name}: port ${port} is open to all`),
    ]);
    insist(faults.length === 0, faults.join("\n"));
    return `${all.length} services`;
  });
  await report.check("compose", "every secret is a file that its service is given", () => {
    const faults = all.flatMap(([name, service]) => secretFaults(name, service, secrets));
    insist(faults.length === 0, faults.join("\n"));
    return `${Object.keys(secrets).length} files, none in the environment`;
  });
  await report.check("compose", "every variable is a setting of the program", () => {
    const unknown = roleNames.flatMap((role) =>
      Object.keys(services[role]?.environment ?? {})
        .filter((variable) => !isKnown(variable))
        .map((variable) => `${role}: ${variable}`),
    );
    insist(unknown.length === 0, unknown.join(", "));
    return "";
  });
}

function confinementFaults(service: Service): string[] {
  return [
    ...(service.read_only === true ? [] : ["its root can be written"]),
    ...(/^[1-9]\d*:[1-9]\d*$/.test(service.user ?? "") ? [] : ["its user is not a number, or root"]),
    ...(service.cap_drop?.includes("ALL") === true ? [] : ["it keeps capabilities"]),
    ...(service.security_opt?.includes("no-new-privileges:true") === true ? [] : ["it may gain privileges"]),
  ];
}

function secretFaults(name: string, service: Service, secrets: Compose["secrets"]): string[] {
  const given = (service.secrets ?? []).map((one) =>
    typeof one === "string" ? { source: one, target: one } : one,
  );
  const files = Object.entries(service.environment ?? {}).filter(([variable]) => variable.endsWith("_FILE"));
  const wanted =
    name in roleTable
      ? Object.keys(roleTable[name as RoleName].needs).map((need) => `${need.toUpperCase()}_URL_FILE`)
      : [];
  return [
    ...given
      .filter(({ source }) => secrets[source]?.file === undefined)
      .map(({ source }) => `${name}: no file for ${source}`),
    ...files
      .filter(([, path]) => !given.some(({ target }) => path === `/run/secrets/${target}`))
      .map(([variable, path]) => `${name}: ${variable} is ${path}, which it is not given`),
    ...wanted
      .filter((variable) => service.environment?.[variable] === undefined)
      .map((variable) => `${name}: no ${variable}`),
    ...Object.keys(service.environment ?? {})
      .filter((variable) => /(?:PASSWORD|TOKEN|SECRET)$/.test(variable))
      .map((variable) => `${name}: ${variable} stands in the environment`),
  ];
}
