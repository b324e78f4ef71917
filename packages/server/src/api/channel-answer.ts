import { type AlertSeverity, alertSeverities, type Channel } from "@auditflow/contracts";
import type { ChannelDesk, ChannelSettings } from "../alerts/channel-desk.ts";
import type { ChannelRow } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";

/** The channel as it is shown: never a secret, and of a kind that is not known here no setting at all. */
export async function channelAnswer(row: ChannelRow, desk: ChannelDesk): Promise<Channel> {
  const settings = settingsOf(row);
  const kind = await desk.kind(row.kind);
  const secrets = kind?.secrets ?? Object.keys(settings);
  const shown = Object.entries(settings).filter(([name]) => !secrets.includes(name));
  return {
    ...{ channel_id: row.channel_id, name: row.name, kind: row.kind },
    description: kind?.describe(settings) ?? "a kind that this version does not know",
    settings: Object.fromEntries(shown),
    secrets: secrets.filter((name) => settings[name] !== undefined),
    min_severity: alertSeverities[row.severity] as AlertSeverity,
    ...{ enabled: row.enabled === 1, disabled_reason: row.disabled_reason },
    ...{ created_at: formatTimestamp(row.at), version: row.version },
  };
}

/** The strong tag of a channel's state. */
export function channelTag({ version }: Pick<ChannelRow, "version">): string {
  return `"${version}"`;
}

/** The settings of a stored channel. */
export function settingsOf({ settings }: Pick<ChannelRow, "settings">): ChannelSettings {
  return JSON.parse(settings) as ChannelSettings;
}
