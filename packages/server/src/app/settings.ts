import { logLevels } from "@auditflow/contracts";
import { samplerNames } from "../telemetry/sampler-names.ts";
import { byteSizePattern } from "./byte-size.ts";

/** One row of the settings table: the single source of environment, file keys, flags, help and documentation. */
export interface Setting {
  /** Environment variable; the same name with `_FILE` names a file that holds the value. */
  readonly env: string;
  /** Command-line flag, and with `_` for `-` the key in the settings file. */
  readonly flag: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** `url`: a password may stand in it; `whole`: never shown, and never a flag, which every user of a machine can see. */
  readonly secret?: "url" | "whole";
  readonly help: string;
}

const text = { type: "string", minLength: 1 } as const;

/** Where the front door finds a service that does not run in its process. */
function upstream(name: string, service: string): Setting {
  return {
    env: `AUDITFLOW_${name.toUpperCase()}_URL`,
    flag: `${name}-url`,
    schema: { ...text, pattern: "^https?://[^/]+/?$" },
    help: `where event-audit-dashboard finds ${service}, such as http://${service}:port`,
  };
}

/** Every setting, in the order in which help and documentation show them. */
export const settings = {
  demo: {
    env: "AUDITFLOW_DEMO",
    flag: "demo",
    schema: { type: "boolean", default: false },
    help: "make synthetic events, marked as such: 5 a second and one attack at the start",
  },
  data: {
    env: "AUDITFLOW_DATA",
    flag: "data",
    schema: { ...text, default: "./data" },
    help: "folder that holds everything when no server is used",
  },
  host: {
    env: "AUDITFLOW_HOST",
    flag: "host",
    schema: { ...text, default: "127.0.0.1" },
    help: "address to listen on",
  },
  port: {
    env: "AUDITFLOW_PORT",
    flag: "port",
    schema: { type: "integer", minimum: 0, maximum: 65_535 },
    help: "port to listen on (default: the service's own; 8080 for several in one process)",
  },
  transportUrl: {
    env: "TRANSPORT_URL",
    flag: "transport-url",
    schema: { ...text, pattern: "^(amqps?|sqlite|memory):" },
    secret: "url",
    help: "amqp://user:password@host or sqlite:FILE",
  },
  windowsUrl: {
    env: "WINDOWS_URL",
    flag: "windows-url",
    schema: { ...text, pattern: "^(rediss?|sqlite|memory):" },
    secret: "url",
    help: "redis://host or sqlite:FILE",
  },
  databaseUrl: {
    env: "DATABASE_URL",
    flag: "database-url",
    schema: { ...text, pattern: "^(postgres|postgresql|sqlite):" },
    secret: "url",
    help: "postgres://user:password@host/database or sqlite:FILE",
  },
  rules: {
    env: "AUDITFLOW_RULES",
    flag: "rules",
    schema: { type: "string", separator: ",", default: "" },
    help: "folders of Sigma rules, separated by commas (default: the pack that comes along)",
  },
  logLevel: {
    env: "AUDITFLOW_LOG_LEVEL",
    flag: "log-level",
    schema: { type: "string", enum: [...logLevels], default: "info" },
    help: "least level that is logged; the file of AUDITFLOW_LOG_LEVEL_FILE may change while it is read",
  },
  logFormat: {
    env: "AUDITFLOW_LOG_FORMAT",
    flag: "log-format",
    schema: { type: "string", enum: ["auto", "json", "pretty"], default: "auto" },
    help: "how log lines look: json, pretty, or auto (pretty on a terminal)",
  },
  apiToken: {
    env: "AUDITFLOW_API_TOKEN",
    flag: "api-token",
    schema: { type: "string", minLength: 16 },
    secret: "whole",
    help: "bearer token that may do everything; with a data folder one is made in its file token",
  },
  anonymousAccess: {
    env: "AUDITFLOW_ANONYMOUS_ACCESS",
    flag: "anonymous-access",
    schema: { type: "string", enum: ["none", "viewer", "sender", "operator"] },
    help: "what a caller without a token may do (default: operator on loopback, none elsewhere)",
  },
  allowedHosts: {
    env: "AUDITFLOW_ALLOWED_HOSTS",
    flag: "allowed-hosts",
    schema: { type: "string", separator: ",", default: "" },
    help: "further host names that a loopback server answers to, separated by commas",
  },
  retentionDays: {
    env: "AUDITFLOW_RETENTION_DAYS",
    flag: "retention-days",
    schema: { type: "integer", minimum: 0, maximum: 36_500, default: 90 },
    help: "days that alerts, incidents and deliveries are kept after they were stored; 0: for ever",
  },
  diskBudget: {
    env: "AUDITFLOW_DISK_BUDGET",
    flag: "disk-budget",
    schema: { type: "string", pattern: byteSizePattern },
    help: "what the data folder may take, such as 10GB, at least 100MB (default: what the file system has)",
  },
  rateLimit: {
    env: "AUDITFLOW_RATE_LIMIT",
    flag: "rate-limit",
    schema: { type: "integer", minimum: 0, maximum: 1_000_000, default: 3000 },
    help: "API requests a minute that one caller may make; 0: any number (events are never counted)",
  },
  baseUrl: {
    env: "AUDITFLOW_BASE_URL",
    flag: "base-url",
    schema: { ...text, pattern: "^https?://[^/]+(/.*)?$" },
    help: "where people find the page, for the links in what channels tell",
  },
  smtpUrl: {
    env: "AUDITFLOW_SMTP_URL",
    flag: "smtp-url",
    schema: { ...text, pattern: "^smtps?://" },
    secret: "url",
    help: "mail server of e-mail channels, smtp://user:password@host:587",
  },
  allowedReceivers: {
    env: "AUDITFLOW_ALLOWED_RECEIVERS",
    flag: "allowed-receivers",
    schema: { type: "string", separator: ",", default: "" },
    help: "hosts and networks that channels may reach although they are private, such as 10.0.0.0/8",
  },
  generatorUrl: upstream("generator", "audit-event-generator"),
  gatewayUrl: upstream("gateway", "audit-event-gateway"),
  analysisUrl: upstream("analysis", "audit-log-analysis"),
  notificationUrl: upstream("notification", "notification-service"),
  otlpEndpoint: {
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    flag: "otlp-endpoint",
    schema: { ...text, pattern: "^https?://[^/]+" },
    secret: "url",
    help: "OpenTelemetry collector that traces are sent to, such as http://collector:4318 (default: no traces)",
  },
  otlpTracesEndpoint: {
    env: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    flag: "otlp-traces-endpoint",
    schema: { ...text, pattern: "^https?://[^/]+" },
    secret: "url",
    help: "the same with its whole path, where that is not /v1/traces",
  },
  tracesSampler: {
    env: "OTEL_TRACES_SAMPLER",
    flag: "traces-sampler",
    schema: { type: "string", enum: [...samplerNames] },
    help: "which requests are traced (default: parentbased_always_on)",
  },
  tracesSamplerArg: {
    env: "OTEL_TRACES_SAMPLER_ARG",
    flag: "traces-sampler-arg",
    schema: { type: "number", minimum: 0, maximum: 1 },
    help: "share of requests that a sampler by ratio traces (default: 1)",
  },
  otelServiceName: {
    env: "OTEL_SERVICE_NAME",
    flag: "otel-service-name",
    schema: text,
    help: "name of the service in its traces (default: the service's own, auditflow for several in one process)",
  },
  resourceAttributes: {
    env: "OTEL_RESOURCE_ATTRIBUTES",
    flag: "otel-resource-attributes",
    schema: text,
    help: "what else is said of the process in its traces, such as deployment.environment=production",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
/** The name of every setting, in the order of the table. */
export const settingNames: readonly SettingName[] = Object.keys(settings) as SettingName[];
