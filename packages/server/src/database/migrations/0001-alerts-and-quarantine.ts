import type { Flavour } from "../flavour.ts";

/** The tables `alerts` and `quarantine`. Bodies stand last: whoever reads the columns before does not touch them. */
export function alertsAndQuarantine({
  prefix,
  uuid,
  integer,
  bigint,
  text,
  json,
  tableEnd,
}: Flavour): string[] {
  return [
    `create table ${prefix}alerts (
      alert_id ${uuid} not null primary key,
      revision ${integer} not null,
      merged_into ${uuid},
      at ${bigint} not null,
      severity ${text} not null,
      rule_id ${text} not null,
      digest ${text} not null,
      summary ${json("summary")} not null,
      body ${json("body")} not null
    )${tableEnd}`,
    `create index alerts_newest on ${prefix}alerts (at desc, alert_id desc)`,
    `create index alerts_by_severity on ${prefix}alerts (severity, at desc, alert_id desc)`,
    `create index alerts_by_rule on ${prefix}alerts (rule_id, at desc, alert_id desc)`,
    `create table ${prefix}quarantine (
      quarantine_id ${text} not null primary key,
      at ${bigint} not null,
      topic ${text} not null,
      group_name ${text} not null,
      code ${text} not null,
      reason ${text} not null,
      encoding ${text} not null,
      size_bytes ${bigint} not null,
      body ${text} not null
    )${tableEnd}`,
    // With the size in it, the table is measured against its cap without reading a row.
    `create index quarantine_newest on ${prefix}quarantine (at desc, quarantine_id desc, size_bytes)`,
  ];
}
