import { z } from "zod";
import { HostId, HostRegistration, HostStatus } from "./host-protocol.ts";

/** `HostStatus.engineVersion` of a host that runs servers as plain processes, for development. */
export const PROCESS_ENGINE = "process";

/** Said wherever servers are deployed while a host runs them as plain processes. */
export const PROCESS_WARNING =
  "Hosted servers run as plain processes of this machine, without containers: for development only. They can read and write what whoever started mcpnest can.";

/** What the gateway keeps of a host's last answer. */
const HostReport = HostStatus.omit({ id: true, proof: true });
export type HostReport = z.infer<typeof HostReport>;

/** A container host as the gateway knows it. */
export const HostRecord = z
  .strictObject({
    id: HostId,
    url: z.string(),
    publicKey: z.string(),
    /** A draining host takes no new instances. */
    isDraining: z.boolean(),
    /** What it said when it last answered; null: it never did. */
    report: HostReport.nullable(),
    /** Epoch ms of the last look; null: none yet. */
    checkedAt: z.int().nullable(),
    /** Why the last look failed; null: it answered. */
    problem: z.string().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "ContainerHost" });
export type HostRecord = z.infer<typeof HostRecord>;

export const HostInput = HostRegistration.extend({}).meta({ id: "ContainerHostInput" });

export const HostPatch = z.strictObject({
  url: HostRegistration.shape.url.optional(),
  isDraining: z.boolean().optional(),
});
