import type { ChannelTest, FieldFault } from "@auditflow/contracts";
import type { ChannelRow } from "../database/schema.ts";

/** The settings of a channel, secrets among them. */
export type ChannelSettings = Readonly<Record<string, unknown>>;

/** What there is to know of one kind of channel. */
export interface KnownKind {
  /** The names of settings that are never shown once stored. */
  readonly secrets: readonly string[];
  /** Where it goes, in a few words without secrets. */
  describe(settings: ChannelSettings): string;
  /** The settings with what we make when it is absent, such as a signing secret. */
  complete(settings: ChannelSettings): ChannelSettings;
  /** What is wrong with the settings, each with a pointer into them; ends in 5 s. */
  check(settings: ChannelSettings): Promise<readonly FieldFault[]>;
}

/** What whoever manages channels asks of those who can tell people. */
export interface ChannelDesk {
  /** The kind of this name; undefined when it is not known here, as when a newer version of the program stored it. */
  kind(name: string): Promise<KnownKind | undefined>;
  /** Sends a test notice at once and resolves to what became of it; never rejects, ends within the deadline of a send. */
  test(channel: ChannelRow): Promise<ChannelTest>;
}
