import { z } from "zod";
import { HostId, HostRegistration, HostStatus } from "./host-protocol.ts";

/** `HostStatus.engineVersion` of a host that runs servers as plain processes, for development. */
export const PROCESS_ENGINE = "process";

/** Warning for admins who deploy servers while a host runs them as plain processes. */
export const PROCESS_WARNING =
  "Hosted servers run as plain processes on this machine, without containers. Use this for development only: they can read and write all files of the user who started mcpnest.";

/** The part of a host's last status that the gateway stores. */
const HostReport = HostStatus.omit({ id: true, proof: true });
export type HostReport = z.infer<typeof HostReport>;

/** The gateway's record of a container host. */
export const HostRecord = z.strictObject({
  id: HostId,
  url: z.string(),
  publicKey: z.string(),
  /** A draining host takes no new instances. */
  isDraining: z.boolean(),
  /** Its last status; null: it never responded. */
  report: HostReport.nullable(),
  /** Epoch ms of the last check; null: none yet. */
  checkedAt: z.int().nullable(),
  /** Why the last check failed; null: it succeeded. */
  problem: z.string().nullable(),
  createdAt: z.int(),
});
export type HostRecord = z.infer<typeof HostRecord>;

/** API view of a container host. */
export const ContainerHost = HostRecord.extend({
  /** Instances that the gateway has placed there, of all workspaces. */
  placedInstances: z.int(),
}).meta({ id: "ContainerHost" });
export type ContainerHost = z.infer<typeof ContainerHost>;

/** Body that registers a container host. */
export const HostInput = HostRegistration.extend({}).meta({ id: "ContainerHostInput" });

/** Body that changes a container host. */
export const HostPatch = z.strictObject({
  url: HostRegistration.shape.url.optional(),
  isDraining: z.boolean().optional(),
});
