import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";

/** What people can be notified of. */
export const ALERT_KINDS = [
  "contract_held",
  "access_requested",
  "server_requested",
  "server_failing",
  "credential_failing",
  "refusal_burst",
  "unknown_client",
  "audit_trouble",
] as const;
/** A kind of alerts. */
export const AlertKind = z.enum(ALERT_KINDS);
export type AlertKind = z.infer<typeof AlertKind>;

/** The kinds that owners and admins get by e-mail unless they choose others. Auditors get none. */
export const DEFAULT_MAIL_KINDS: AlertKind[] = [
  "contract_held",
  "access_requested",
  "server_requested",
  "credential_failing",
  "audit_trouble",
];

const Kinds = z.array(AlertKind).max(ALERT_KINDS.length);

/** A webhook is signed (Standard Webhooks 1.0.0). Slack: an incoming webhook. */
export const ChannelKind = z.enum(["webhook", "slack"]);
export type ChannelKind = z.infer<typeof ChannelKind>;

/** Body that adds a channel. */
export const AlertChannelInput = z.strictObject({
  kind: ChannelKind,
  name: DisplayName,
  /** It can have a secret in its path: it is stored encrypted and never shown again. */
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  kinds: Kinds,
});

/** Body that changes a channel. */
export const AlertChannelPatch = z
  .strictObject({ name: DisplayName, kinds: Kinds, isEnabled: z.boolean() })
  .partial();

/** A channel of a workspace. */
export const AlertChannel = z
  .object({
    id: z.string(),
    kind: ChannelKind,
    name: z.string(),
    /** Of the address, which is not shown. */
    host: z.string(),
    kinds: Kinds,
    isEnabled: z.boolean(),
    createdAt: z.int(),
    /** Deliveries that wait for another attempt. */
    waiting: z.int(),
  })
  .meta({ id: "AlertChannel" });
export type AlertChannel = z.infer<typeof AlertChannel>;

/** A new channel. */
export const NewAlertChannel = AlertChannel.extend({
  /** With which its requests are signed, `whsec_…`; only this response has it. Null: Slack. */
  secret: z.string().nullable(),
}).meta({ id: "NewAlertChannel" });

/** What a test alert has shown. `problem` null: it has arrived. */
export const AlertTest = z.object({ problem: z.string().nullable() }).meta({ id: "AlertTest" });

/** What a person gets by e-mail. */
export const AlertChoices = z
  .object({
    kinds: Kinds,
    /** The address that they go to; null: the member has none. */
    email: z.string().nullable(),
    /** Whether this deployment sends e-mail. */
    isMailOn: z.boolean(),
  })
  .meta({ id: "AlertChoices" });
export type AlertChoices = z.infer<typeof AlertChoices>;

/** Body that sets what a person gets by e-mail. */
export const AlertChoicesInput = z.strictObject({ kinds: Kinds });

/** How an alert reached one channel or person. `dropped`: the channel or person is not there any more. */
export const AlertDelivery = z.object({
  way: z.enum(["webhook", "slack", "mail"]),
  /** The channel's or person's name; null: it is gone. */
  to: z.string().nullable(),
  state: z.enum(["waiting", "sent", "failed", "dropped"]),
  attempts: z.int(),
  problem: z.string().nullable(),
});
export type AlertDelivery = z.infer<typeof AlertDelivery>;

/** An alert. Times in epoch ms. */
export const Alert = z
  .object({
    id: z.string(),
    kind: AlertKind,
    text: z.string(),
    /** The page of the dashboard that it is about, without the origin. */
    page: z.string(),
    count: z.int(),
    createdAt: z.int(),
    deliveries: z.array(AlertDelivery),
  })
  .meta({ id: "Alert" });
export type Alert = z.infer<typeof Alert>;

/** A page of alerts, newest first. */
export const Alerts = z
  .object({ items: z.array(Alert), nextCursor: z.string().nullable() })
  .meta({ id: "Alerts" });
