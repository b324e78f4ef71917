import Type from "typebox";
import { alertSeverities } from "./alert-severity.ts";
import { uuidPattern } from "./formats.ts";
import { Notice, noticeTypes } from "./notice.ts";

/** Every way to tell people. */
export const channelKindNames = ["log", "webhook", "slack", "email"] as const;
export type ChannelKindName = (typeof channelKindNames)[number];

const OptionalText = Type.Union([Type.String(), Type.Null()]);
const Uuid = Type.String({ pattern: uuidPattern });
const Next = Type.Union([Type.String(), Type.Null()], {
  description: "Cursor of the next page, null on the last",
});

const Name = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[\\p{L}\\p{N}][\\p{L}\\p{N} ._@-]*$",
  description: "Letters, digits, spaces and . _ @ -; unique",
});

const MinSeverity = Type.Enum([...alertSeverities], {
  description: "It is told of incidents that are at least so bad",
});

const Settings = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "webhook: url, secret (made when left out), previous_secret; slack: url; email: to (a list), from; log: nothing",
});

/** Body of `POST /api/v1/channels`. */
export const ChannelInput = Type.Object(
  {
    kind: Type.Enum([...channelKindNames]),
    settings: Type.Optional(Settings),
    name: Type.Optional(Name),
    min_severity: Type.Optional(Type.Enum([...alertSeverities], { ...MinSeverity, default: "HIGH" })),
    enabled: Type.Optional(Type.Boolean({ default: true })),
  },
  { $id: "ChannelInput", additionalProperties: false },
);
export type ChannelInput = Type.Static<typeof ChannelInput>;

/** Body of `PATCH /api/v1/channels/{channel_id}`: what is left out stays. */
export const ChannelChange = Type.Object(
  {
    settings: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "Laid over the stored ones, name by name; null takes a setting away",
      }),
    ),
    name: Type.Optional(Name),
    min_severity: Type.Optional(MinSeverity),
    enabled: Type.Optional(
      Type.Boolean({
        description: "false cancels what still waits for it; true forgets why it was switched off",
      }),
    ),
  },
  { $id: "ChannelChange", additionalProperties: false, minProperties: 1 },
);
export type ChannelChange = Type.Static<typeof ChannelChange>;

const channelFields = {
  channel_id: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  description: Type.String({ description: "Where it goes, in a few words without secrets" }),
  settings: Type.Record(Type.String(), Type.Unknown(), { description: "Without its secrets" }),
  secrets: Type.Array(Type.String(), { description: "Names of the settings that are set and never shown" }),
  min_severity: Type.Enum([...alertSeverities]),
  enabled: Type.Boolean(),
  disabled_reason: Type.Union([Type.String(), Type.Null()], {
    description: "Why AuditFlow switched it off by itself",
  }),
  created_at: Type.String(),
  version: Type.Integer({
    minimum: 1,
    description: "Grows with each change; its ETag is this number in quotes",
  }),
};

/** A way to tell people, as it is shown. */
export const Channel = Type.Object(channelFields, { $id: "Channel" });
export type Channel = Type.Static<typeof Channel>;

/** Answer to `POST /api/v1/channels`. */
export const ChannelCreated = Type.Object(
  {
    ...channelFields,
    secret: Type.Optional(
      Type.String({
        description:
          "The signing secret that was made for a webhook because none was given: shown here alone",
      }),
    ),
  },
  { $id: "ChannelCreated" },
);
export type ChannelCreated = Type.Static<typeof ChannelCreated>;

/** Every channel, by name. */
export const ChannelList = Type.Object({ channels: Type.Array(Channel) }, { $id: "ChannelList" });
export type ChannelList = Type.Static<typeof ChannelList>;

/** The address of one channel. */
export const ChannelParams = Type.Object({ channel_id: Uuid });

/** Answer to `POST /api/v1/channels/{channel_id}/test`: what became of a notice that was sent at once. */
export const ChannelTest = Type.Object(
  {
    outcome: Type.Enum(["delivered", "retry", "rejected", "gone"]),
    status: Type.Union([Type.Integer(), Type.Null()], {
      description: "What the receiver answered, HTTP or SMTP",
    }),
    detail: Type.String(),
    duration_ms: Type.Integer({ minimum: 0 }),
  },
  { $id: "ChannelTest" },
);
export type ChannelTest = Type.Static<typeof ChannelTest>;

/** What becomes of a delivery: dead is given up, cancelled is not to be told any more. */
export const deliveryStates = ["pending", "delivered", "dead", "cancelled"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

const deliveryFields = {
  delivery_id: Type.String({ description: "The same on each try: receivers drop what they have seen" }),
  created_at: Type.String(),
  channel_id: Type.String(),
  channel_name: Type.Union([Type.String(), Type.Null()], { description: "null: the channel was removed" }),
  incident_id: OptionalText,
  type: Type.Enum([...noticeTypes]),
  title: Type.String(),
  severity: Type.Enum([...alertSeverities]),
  state: Type.Enum([...deliveryStates]),
  attempts: Type.Integer({ minimum: 0 }),
  next_attempt_at: Type.Union([Type.String(), Type.Null()], {
    description: "null: it is not tried any more",
  }),
  detail: Type.Union([Type.String(), Type.Null()], { description: "What the last try came to" }),
  settled_at: OptionalText,
};

/** One notice for one channel, and what became of it. */
export const Delivery = Type.Object(deliveryFields, { $id: "Delivery" });
export type Delivery = Type.Static<typeof Delivery>;

/** One try of a delivery. */
export const DeliveryAttempt = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  at: Type.String(),
  duration_ms: Type.Integer({ minimum: 0 }),
  outcome: Type.String(),
  status: Type.Union([Type.Integer(), Type.Null()]),
  detail: Type.String(),
});
export type DeliveryAttempt = Type.Static<typeof DeliveryAttempt>;

/** A delivery with every try, oldest first, and what is told. */
export const DeliveryDetail = Type.Object(
  { ...deliveryFields, tries: Type.Array(DeliveryAttempt), notice: Notice },
  { $id: "DeliveryDetail" },
);
export type DeliveryDetail = Type.Static<typeof DeliveryDetail>;

/** Query of `GET /api/v1/deliveries`: newest first. */
export const DeliveryListQuery = Type.Object({
  state: Type.Optional(Type.Enum([...deliveryStates])),
  channel_id: Type.Optional(Uuid),
  incident_id: Type.Optional(Uuid),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
});
export type DeliveryListQuery = Type.Static<typeof DeliveryListQuery>;

/** One page of deliveries. */
export const DeliveryList = Type.Object(
  { deliveries: Type.Array(Delivery), next: Next },
  { $id: "DeliveryList" },
);
export type DeliveryList = Type.Static<typeof DeliveryList>;

/** The address of one delivery. */
export const DeliveryParams = Type.Object({ delivery_id: Uuid });
