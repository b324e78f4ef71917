import type { FieldFault } from "@auditflow/contracts";
import type Type from "typebox";
import { Value } from "typebox/value";
import type { ChannelKind, Sender, Surroundings } from "./channel.ts";

/** A kind as its file writes it: everything is handed settings that fit the schema. */
interface TypedKind<S extends Type.TObject> {
  readonly settings: S;
  readonly secrets: readonly (keyof Type.Static<S> & string)[];
  describe(settings: Type.Static<S>): string;
  complete?(settings: Type.Static<S>, random: (length: number) => Uint8Array): Type.Static<S>;
  check?(settings: Type.Static<S>, surroundings: Surroundings): Promise<readonly FieldFault[]>;
  create(settings: Type.Static<S>, surroundings: Surroundings): Sender;
}

/** Makes a kind total: settings that do not fit its schema are answered with their faults, never with an error. */
export function channelKind<S extends Type.TObject>(kind: TypedKind<S>): ChannelKind {
  const fits = (settings: unknown): settings is Type.Static<S> => Value.Check(kind.settings, settings);
  return {
    settings: kind.settings,
    secrets: kind.secrets,
    describe: (settings) => (fits(settings) ? kind.describe(settings) : "settings that are not valid"),
    complete: (settings, random) =>
      fits(settings) && kind.complete !== undefined
        ? (kind.complete(settings, random) as typeof settings)
        : settings,
    check: async (settings, surroundings) => {
      if (!fits(settings)) return settingFaults(kind.settings, settings);
      return (await kind.check?.(settings, surroundings)) ?? [];
    },
    create: (settings, surroundings) =>
      fits(settings)
        ? kind.create(settings, surroundings)
        : rejectingSender(settingFaults(kind.settings, settings)),
  };
}

function settingFaults(schema: Type.TObject, settings: unknown): readonly FieldFault[] {
  return Value.Errors(schema, settings).map(({ instancePath, message }) => ({
    pointer: instancePath,
    detail: message,
  }));
}

function rejectingSender(faults: readonly FieldFault[]): Sender {
  const listed = faults.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join("; ");
  const detail = `The settings of this channel are not valid: ${listed}`.slice(0, 500);
  return { send: async () => ({ outcome: "rejected", detail }) };
}
