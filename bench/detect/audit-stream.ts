import { applies, type Logsource } from "@auditflow/sigma";
import { bitbucket, duo, gitHub, kubernetes, m365, m365Alert, okta, oneLogin } from "./app-events.ts";
import * as azure from "./azure-events.ts";
import * as cloud from "./cloud-events.ts";
import { auditd, ciscoCommand, sshdLine, sudoLine, syslogLine } from "./linux-events.ts";
import { type MadeEvent, madeStream } from "./made-stream.ts";
import type { MadeRecord } from "./provoke.ts";
import type { CorpusRule } from "./rules.ts";
import { createValues, type Fields, type Values } from "./values.ts";

interface Source {
  readonly share: number;
  readonly logsource: Logsource;
  readonly make: (values: Values) => Fields;
}

/** Who sends how much of a hundred and more events. */
const sources: readonly Source[] = [
  { share: 20, logsource: { product: "aws", service: "cloudtrail" }, make: cloud.cloudTrail },
  {
    share: 16,
    logsource: { product: "kubernetes", category: "application", service: "audit" },
    make: kubernetes,
  },
  { share: 20, logsource: { product: "linux", service: "auditd" }, make: auditd },
  { share: 5, logsource: { product: "azure", service: "activitylogs" }, make: azure.azureActivity },
  { share: 3, logsource: { product: "azure", service: "auditlogs" }, make: azure.azureAudit },
  { share: 4, logsource: { product: "azure", service: "signinlogs" }, make: azure.azureSignIn },
  { share: 0.5, logsource: { product: "azure", service: "riskdetection" }, make: azure.azureRisk },
  { share: 0.5, logsource: { product: "azure", service: "pim" }, make: azure.azureRisk },
  { share: 5, logsource: { product: "gcp", service: "gcp.audit" }, make: cloud.gcpAudit },
  { share: 1, logsource: { product: "gcp", service: "google_workspace.admin" }, make: cloud.workspaceAdmin },
  { share: 1, logsource: { product: "gcp", service: "google_workspace.login" }, make: cloud.workspaceLogin },
  { share: 5, logsource: { product: "okta", service: "okta" }, make: okta },
  { share: 5, logsource: { product: "github", service: "audit" }, make: gitHub },
  { share: 4, logsource: { product: "m365", service: "audit" }, make: m365 },
  { share: 0.5, logsource: { product: "m365", service: "threat_management" }, make: m365Alert },
  { share: 0.2, logsource: { product: "m365", service: "threat_detection" }, make: m365Alert },
  { share: 0.3, logsource: { product: "m365", service: "exchange" }, make: m365Alert },
  { share: 1, logsource: { product: "bitbucket", service: "audit" }, make: bitbucket },
  { share: 1, logsource: { product: "onelogin", service: "onelogin.events" }, make: oneLogin },
  { share: 1, logsource: { product: "cisco", service: "duo" }, make: duo },
  { share: 2, logsource: { product: "cisco", service: "aaa" }, make: ciscoCommand },
  {
    share: 6,
    logsource: { product: "linux", service: "sshd", category: "authentication" },
    make: sshdLine,
  },
  { share: 2, logsource: { product: "linux", service: "sudo" }, make: sudoLine },
  ...(["syslog", "cron", "auth", "kernel", "systemd", "vsftpd", "clamav", "guacamole"] as const).map(
    (service): Source => ({
      share: service === "syslog" || service === "kernel" || service === "systemd" ? 1 : 0.5,
      logsource: { product: "linux", service },
      make: (values) => syslogLine(values, service),
    }),
  ),
];

/** Makes a mixed stream of audit events. */
export function auditStream(count: number, rules: readonly CorpusRule[]): Generator<MadeEvent> {
  const values = createValues(8);
  const shares = sources.map((source) => [source, source.share] as const);
  const made = ({ make, logsource }: Source): MadeRecord => ({ record: make(values), logsource });
  return madeStream({
    count,
    values,
    rules,
    ordinary: () => made(values.share(shares)),
    fitting: ({ rule }) =>
      made(values.pick(sources.filter(({ logsource }) => applies(rule.logsource, logsource)))),
  });
}
