import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Access,
  AuditFlowError,
  type FieldFault,
  type LogLevel,
  type Service,
} from "@auditflow/contracts";
import envSchema from "env-schema";
import { closest, distance } from "fastest-levenshtein";
import { parseDocument } from "yaml";
import { heedsFailpoints } from "#failpoint";
import { isLoopback } from "../api/guard.ts";
import { byteSize } from "./byte-size.ts";
import { levelFile, readLevelText } from "./log-level-file.ts";
import { type Need, needsOf, portOf, type RoleName, roleNames, rolesOutside } from "./role-table.ts";
import { rulePack } from "./rule-pack.ts";
import { type Setting, type SettingName, settingNames, settings } from "./settings.ts";
import { type TracingSettings, tracingFaults, tracingSettings } from "./tracing-settings.ts";

/** Everything a process needs to know, read once and checked whole. */
export interface Config {
  readonly roles: readonly RoleName[];
  /** The data folder; undefined when every resource is a server. */
  readonly data: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly urls: Readonly<Record<Need, string>>;
  readonly rules: readonly string[];
  readonly logLevel: LogLevel;
  /** The file that the level comes from, which may change; undefined when it comes from elsewhere. */
  readonly logLevelFile: string | undefined;
  readonly logFormat: "json" | "pretty" | "auto";
  readonly apiToken: string | undefined;
  readonly anonymousAccess: Access | "none";
  readonly allowedHosts: readonly string[];
  /** Whether synthetic events are made from the start. */
  readonly demo: boolean;
  /** How many days alerts are kept; 0: for ever. */
  readonly retentionDays: number;
  /** Bytes that the data folder may take; undefined: what the file system has. */
  readonly diskBudget: number | undefined;
  /** API requests a minute that one caller may make; 0: any number. */
  readonly rateLimit: number;
  /** Where people find the page, without a slash at the end. */
  readonly baseUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  /** Private hosts and networks that channels may reach. */
  readonly allowedReceivers: readonly string[];
  /** Where the front door finds the services of other processes. */
  readonly upstreams: Readonly<Partial<Record<RoleName, string>>>;
  /** Where traces are sent; undefined: nowhere. */
  readonly tracing: TracingSettings | undefined;
}

/** Where settings come from; a later one wins: file, environment, flags. */
export interface ConfigSources {
  readonly roles: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A YAML file of settings, keys as the flags with `_`. */
  readonly file?: string | undefined;
}

type Values = Partial<Record<SettingName, unknown>>;

/** The environment of this process: read here and nowhere else. */
export function processEnvironment(): ConfigSources["env"] {
  return process.env;
}

/**
 * Reads and checks the configuration.
 * @throws AuditFlowError invalid_config listing every fault with its path and value (secrets masked).
 */
export function readConfig(sources: ConfigSources): Config {
  const faults: FieldFault[] = [];
  const roles = readRoles(sources.roles, faults);
  const merged = {
    ...readFile(sources.file, faults),
    ...readEnv(sources.env, faults),
    ...readFlags(sources.flags),
  };
  const values = check(merged, faults);
  const config = {
    ...derive(roles, values),
    logLevelFile: levelFile(sources),
    tracing: tracingSettings(values, sources.env),
  };
  faults.push(...contradictions(config, values), ...tracingFaults(config.tracing, sources.env));
  if (faults.length > 0) throw configError(faults);
  return config;
}

function configError(faults: readonly FieldFault[]): AuditFlowError {
  const lines = faults.map(({ pointer, detail }) => `  ${pointer}: ${detail}`);
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return new AuditFlowError("invalid_config", `The configuration has ${count}:\n${lines.join("\n")}`, {
    faults,
  });
}

function readRoles(names: readonly string[], faults: FieldFault[]): RoleName[] {
  if (names.length === 0) return [...roleNames];
  const roles: RoleName[] = [];
  for (const name of names) {
    if (name === "all") roles.push(...roleNames);
    else if ((roleNames as readonly string[]).includes(name)) roles.push(name as RoleName);
    else faults.push({ pointer: "service", detail: unknownName("service", name, [...roleNames, "all"]) });
  }
  return [...new Set(roles)];
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  const near = closest(name, [...known]);
  const hint =
    distance(name, near) <= Math.max(3, name.length / 2)
      ? `did you mean ${near}?`
      : `known: ${known.join(", ")}`;
  return `unknown ${kind} "${name}"; ${hint}`;
}

function readFile(path: string | undefined, faults: FieldFault[]): Values {
  if (path === undefined) return {};
  try {
    const document = parseDocument(readFileSync(path, "utf8"));
    for (const error of document.errors) faults.push({ pointer: path, detail: error.message });
    const content: unknown = document.toJS() ?? {};
    if (typeof content !== "object" || Array.isArray(content)) {
      faults.push({ pointer: path, detail: "must hold a map of settings" });
      return {};
    }
    return byName(Object.entries(content as object), fileKey, (key, known) =>
      faults.push({ pointer: `${path}: ${key}`, detail: unknownName("setting", key, known) }),
    );
  } catch (error) {
    faults.push({ pointer: path, detail: `cannot be read: ${(error as Error).message}` });
    return {};
  }
}

function byName(
  entries: readonly (readonly [string, unknown])[],
  keyOf: (name: SettingName) => string,
  onUnknown: (key: string, known: string[]) => void,
): Values {
  const known = new Map(settingNames.map((name) => [keyOf(name), name]));
  const values: Values = {};
  for (const [key, value] of entries) {
    const name = known.get(key);
    if (name === undefined) onUnknown(key, [...known.keys()]);
    else values[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return values;
}

const fileKey = (name: SettingName): string => settings[name].flag.replaceAll("-", "_");

/** Variables that other parts of the project read, and so are no typing mistakes. */
const otherVariables = /^AUDITFLOW_(TEST_|CORPUS$|CONFIG$|URL$|TOKEN(_FILE)?$|LEGACY_URL(_FILE)?$)/;

function readEnv(env: ConfigSources["env"], faults: FieldFault[]): Values {
  const values: Values = {};
  for (const name of settingNames) {
    const { env: variable } = settings[name];
    const file = env[`${variable}_FILE`];
    if (env[variable] !== undefined && env[variable] !== "") values[name] = env[variable];
    else if (file !== undefined && file !== "") {
      const text = secretFile(`${variable}_FILE`, file, faults);
      values[name] = name === "logLevel" ? levelIn(text, faults) : text;
    }
  }
  const known: string[] = settingNames.flatMap((name) => [settings[name].env, `${settings[name].env}_FILE`]);
  for (const variable of Object.keys(env)) {
    if (known.includes(variable) || otherVariables.test(variable)) continue;
    if (variable === "AUDITFLOW_FAILPOINT") {
      if (!heedsFailpoints) faults.push({ pointer: variable, detail: failpointsAreForTests });
      continue;
    }
    if (variable.startsWith("AUDITFLOW_") || misspeltUrl(variable, known)) {
      faults.push({ pointer: variable, detail: unknownName("setting", variable, known) });
    }
  }
  return values;
}

const failpointsAreForTests =
  "is for fault tests, and this program has no failpoints in it: unset it, or start `node` from a checkout with " +
  "--conditions=auditflow-source --conditions=auditflow-faults";

const misspeltUrl = (variable: string, known: readonly string[]): boolean =>
  known.some((name) => name.endsWith("_URL") && distance(variable, name) <= 2);

/** Its modules are for who watches the file. */
function levelIn(text: string | undefined, faults: FieldFault[]): string | undefined {
  const read = text === undefined ? undefined : readLevelText(text);
  if (read === undefined || "level" in read) return read?.level;
  faults.push({ pointer: `${settings.logLevel.env}_FILE`, detail: read.fault });
  return undefined;
}

function secretFile(pointer: string, path: string, faults: FieldFault[]): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    faults.push({ pointer, detail: `cannot be read: ${(error as Error).message}` });
    return undefined;
  }
}

function readFlags(flags: ConfigSources["flags"]): Values {
  return Object.fromEntries(
    settingNames.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]),
  );
}

function check(merged: Values, faults: FieldFault[]): Values {
  const properties = Object.fromEntries(settingNames.map((name) => [name, { ...settings[name].schema }]));
  try {
    return envSchema<Values>({ schema: { type: "object", properties }, data: { ...merged }, env: false });
  } catch (error) {
    const errors =
      (error as { errors?: { instancePath: string; message?: string; params: object }[] }).errors ?? [];
    for (const fault of errors) {
      const name = fault.instancePath.slice(1) as SettingName;
      faults.push({ pointer: settings[name]?.env ?? name, detail: faultText(name, merged[name], fault) });
    }
    return merged;
  }
}

function faultText(name: SettingName, value: unknown, fault: { message?: string; params: object }): string {
  const allowed = (fault.params as { allowedValues?: string[] }).allowedValues;
  const rule = allowed === undefined ? fault.message : `must be one of ${allowed.join(", ")}`;
  return `${rule}; it is ${JSON.stringify(mask(name, value))} (${settings[name].help})`;
}

/** The value of a setting as it may be shown: the password of an URL and whole tokens become `***`. */
export function mask(name: SettingName, value: unknown): unknown {
  const { secret }: Setting = settings[name];
  if (secret === "whole") return "***";
  return secret === "url" ? String(value).replace(/^([a-z]+:\/\/[^:/@]*):[^@]*@/, "$1:***@") : value;
}

function derive(roles: readonly RoleName[], values: Values): Omit<Config, "logLevelFile" | "tracing"> {
  const data = String(values.data ?? "./data");
  const inFolder = (file: string): string => `sqlite:${join(data, file)}`;
  const urls: Record<Need, string> = {
    transport: String(values.transportUrl ?? inFolder("transport.db")),
    windows: String(values.windowsUrl ?? inFolder("windows.db")),
    database: String(values.databaseUrl ?? inFolder("auditflow.db")),
  };
  const host = String(values.host ?? "127.0.0.1");
  const folders = list(values.rules);
  const local = needsOf(roles).some((need) => urls[need].startsWith("sqlite:"));
  return {
    roles,
    data: local ? data : undefined,
    host,
    port: Number(values.port ?? portOf(roles)),
    urls,
    rules: folders.length > 0 ? folders : [rulePack],
    logLevel: (values.logLevel ?? "info") as LogLevel,
    logFormat: (values.logFormat ?? "auto") as Config["logFormat"],
    apiToken: values.apiToken === undefined ? undefined : String(values.apiToken),
    anonymousAccess: (values.anonymousAccess ??
      (isLoopback(host) ? "operator" : "none")) as Config["anonymousAccess"],
    allowedHosts: list(values.allowedHosts),
    demo: values.demo === true,
    retentionDays: Number(values.retentionDays ?? 90),
    diskBudget: values.diskBudget === undefined ? undefined : byteSize(String(values.diskBudget)),
    rateLimit: Number(values.rateLimit ?? 3000),
    baseUrl: values.baseUrl === undefined ? undefined : String(values.baseUrl).replace(/\/+$/, ""),
    smtpUrl: values.smtpUrl === undefined ? undefined : String(values.smtpUrl),
    allowedReceivers: list(values.allowedReceivers),
    upstreams: upstreamsOf(roles, values),
  };
}

const upstreamSettings: Readonly<Partial<Record<RoleName, SettingName>>> = {
  "audit-event-generator": "generatorUrl",
  "audit-event-gateway": "gatewayUrl",
  "audit-log-analysis": "analysisUrl",
  "notification-service": "notificationUrl",
};

/** The environment variable that tells the front door where a service is. */
export function upstreamSettingOf(service: Service): string {
  const name = (upstreamSettings as Partial<Record<Service, SettingName>>)[service];
  return name === undefined ? "its address" : settings[name].env;
}

function upstreamsOf(roles: readonly RoleName[], values: Values): Config["upstreams"] {
  const set = Object.entries(upstreamSettings).filter(
    ([role, name]) => !roles.includes(role as RoleName) && values[name] !== undefined,
  );
  return Object.fromEntries(set.map(([role, name]) => [role, String(values[name])]));
}

function list(value: unknown): string[] {
  const items = Array.isArray(value) ? value.map(String) : String(value ?? "").split(",");
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

const urlSettings: Readonly<Record<Need, SettingName>> = {
  transport: "transportUrl",
  windows: "windowsUrl",
  database: "databaseUrl",
};

/** The journals of the databases alone may take a third of it. */
const leastBudget = 100_000_000;

function contradictions(config: Config, values: Values): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const need of needsOf(config.roles)) {
    const others = rolesOutside(config.roles, need);
    if (/^(sqlite|memory):/.test(config.urls[need]) && others.length > 0) {
      faults.push({
        pointer: settings[urlSettings[need]].env,
        detail: needsServer(need, config.urls[need], others),
      });
    }
  }
  if (config.diskBudget !== undefined && config.diskBudget < leastBudget) {
    faults.push({
      pointer: settings.diskBudget.env,
      detail: `must be at least 100MB; it is ${config.diskBudget} bytes`,
    });
  }
  for (const folder of config.rules) {
    if (!existsSync(folder)) faults.push({ pointer: settings.rules.env, detail: `no folder "${folder}"` });
  }
  if (isOpenToNobody(config, values)) {
    faults.push({
      pointer: settings.apiToken.env,
      detail: `is needed to listen on ${config.host}: nobody could be told apart. Set it (or ${settings.apiToken.env}_FILE), or choose ${settings.anonymousAccess.env}`,
    });
  }
  return faults;
}

/** Beyond loopback without a token, and without a data folder, in which one is made. */
function isOpenToNobody({ host, apiToken, data }: Config, values: Values): boolean {
  const isChosen = values.anonymousAccess !== undefined || apiToken !== undefined || data !== undefined;
  return !isLoopback(host) && !isChosen;
}

function needsServer(need: Need, url: string, others: readonly string[]): string {
  const server = { transport: "amqp://", windows: "redis://", database: "postgres://" }[need];
  return `${url.split(":")[0]}: works only when every service that needs the ${need} runs in this process; ${others.join(
    ", ",
  )} would be outside. Set a ${server} URL, or start all services with \`auditflow serve\``;
}

/** The configuration as a person may see it: one line per setting, secrets masked. */
export function printableConfig(config: Config): Record<string, unknown> {
  return {
    services: config.roles,
    data: config.data ?? null,
    host: config.host,
    port: config.port,
    transport_url: mask("transportUrl", config.urls.transport),
    windows_url: mask("windowsUrl", config.urls.windows),
    database_url: mask("databaseUrl", config.urls.database),
    rules: config.rules,
    log_level: config.logLevel,
    log_level_file: config.logLevelFile ?? null,
    log_format: config.logFormat,
    api_token: config.apiToken === undefined ? null : mask("apiToken", config.apiToken),
    anonymous_access: config.anonymousAccess,
    allowed_hosts: config.allowedHosts,
    demo: config.demo,
    retention_days: config.retentionDays,
    disk_budget: config.diskBudget ?? null,
    rate_limit: config.rateLimit,
    base_url: config.baseUrl ?? null,
    smtp_url: config.smtpUrl === undefined ? null : mask("smtpUrl", config.smtpUrl),
    allowed_receivers: config.allowedReceivers,
    upstreams: config.upstreams,
    traces: config.tracing === undefined ? null : mask("otlpEndpoint", config.tracing.url),
  };
}
