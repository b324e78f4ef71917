import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundledUrls, makeCredentials, type ServerUrls } from "./credentials.ts";

const help = `Makes the credentials of an installation: random passwords, one RabbitMQ user a service with exactly its rights.

  node deploy/helm/make-credentials.ts --release auditflow --namespace auditflow | kubectl create -f -
  node deploy/helm/make-credentials.ts --files FOLDER          one file a key, as deploy/compose.yaml reads them

  --release NAME     the Helm release
  --namespace NAME   its namespace
  --name NAME        name of the Secret (default: <release>-credentials)
  --files FOLDER     write files instead of a Secret; never over one that is there
  --rabbitmq URL     amqps://host:5671/vhost (default: the bundled one)
  --redis URL        rediss://host:6379 (default: the bundled one)
  --postgresql URL   postgres://host:5432/database (default: the bundled one)
  --smtp URL         the mail server of e-mail channels

For a URL without a user, users and passwords are made; rabbitmq-definitions.json, redis-users.acl and postgresql-password
are what the server has to be told. A URL with a password is read from a file: --postgresql @FILE. Each user of a machine
sees the arguments of every process.
`;

const options = {
  release: { type: "string" },
  namespace: { type: "string" },
  name: { type: "string" },
  files: { type: "string" },
  rabbitmq: { type: "string" },
  redis: { type: "string" },
  postgresql: { type: "string" },
  smtp: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Flags = Readonly<Partial<Record<keyof typeof options, string | boolean>>>;

/** What went wrong, in one sentence for who called. */
class Refusal extends Error {}

const schemes: Readonly<Record<keyof ServerUrls, RegExp>> = {
  rabbitmq: /^amqps?:\/\/[^/]/,
  redis: /^rediss?:\/\/[^/]/,
  postgresql: /^postgres(?:ql)?:\/\/[^/]/,
  smtp: /^smtps?:\/\/[^/]/,
};

function urlsFrom(flags: Flags): ServerUrls {
  const given = (Object.keys(schemes) as (keyof ServerUrls)[]).flatMap((server) => {
    const text = flags[server];
    return typeof text === "string" ? [[server, urlFrom(server, text)]] : [];
  });
  return { ...bundledUrls(flags.release as string | undefined), ...Object.fromEntries(given) };
}

function urlFrom(server: keyof ServerUrls, text: string): string {
  const isFile = text.startsWith("@");
  const url = isFile ? read(server, text.slice(1)) : text;
  if (!schemes[server].test(url) || !URL.canParse(url))
    throw new Refusal(`--${server}: no URL of such a server`);
  if (!isFile && new URL(url).password !== "") {
    throw new Refusal(`--${server}: write a URL with a password into a file and give --${server} @FILE`);
  }
  return url;
}

function read(server: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Refusal(`--${server}: ${(error as Error).message}`);
  }
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function checked(name: "release" | "namespace", { [name]: value }: Flags, most: number): string {
  if (typeof value !== "string") throw new Refusal(`--${name} is missing; see --help`);
  if (dnsLabel.test(value) && value.length <= most) return value;
  throw new Refusal(`--${name}: "${value}" must be at most ${most} characters of a-z, 0-9 and -`);
}

/** The Secret as YAML, in which JSON text is text too. */
function secretText(flags: Flags): string {
  const release = checked("release", flags, 24);
  const namespace = checked("namespace", flags, 63);
  const name = flags.name ?? `${release}-credentials`;
  const keys = Object.entries(makeCredentials(urlsFrom(flags)));
  const labels = { name: "auditflow", instance: release, "part-of": "auditflow" };
  return [
    "apiVersion: v1",
    "kind: Secret",
    "metadata:",
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    "  labels:",
    ...Object.entries(labels).map(([label, value]) => `    app.kubernetes.io/${label}: ${value}`),
    "type: Opaque",
    "stringData:",
    ...keys.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    "",
  ].join("\n");
}

function writeFiles(folder: string, flags: Flags): void {
  const keys = Object.entries(makeCredentials(urlsFrom(flags)));
  const [there] = keys.filter(([key]) => existsSync(join(folder, key)));
  if (there !== undefined) {
    throw new Refusal(
      `${join(folder, there[0])} is there already, and servers may know what is in it: remove the folder first`,
    );
  }
  // Nobody else comes into the folder; within, the users of the containers must be able to read.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [key, value] of keys) writeFileSync(join(folder, key), value, { mode: 0o644, flag: "wx" });
}

function main(args: string[]): void {
  const flags = parsed(args);
  if (flags.help === true) process.stdout.write(help);
  else if (typeof flags.files === "string") writeFiles(flags.files, flags);
  else process.stdout.write(secretText(flags));
}

function parsed(args: string[]): Flags {
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new Refusal(`${(error as Error).message}; see --help`);
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`make-credentials: ${error.message}\n`);
  process.exitCode = 2;
}
