import { z } from "zod";

/** The clients whose managed settings a fleet pack has. */
export const FLEET_CLIENTS = ["claude-code", "copilot", "vscode", "codex"] as const;
/** One of `FLEET_CLIENTS`. */
export type FleetClientId = (typeof FLEET_CLIENTS)[number];

/** How files get onto machines: unchanged, by Intune on Windows, by Jamf on macOS. */
export const FLEET_WRAPPERS = ["files", "intune", "jamf"] as const;
/** One of `FLEET_WRAPPERS`. */
export type FleetWrapper = (typeof FLEET_WRAPPERS)[number];

/** A server that the clients are allowed, with its address at the gateway. Codex also compares the name. */
export const FleetServer = z.object({ name: z.string(), url: z.string() });
export type FleetServer = z.infer<typeof FleetServer>;

/** One file for one way of distribution. `purpose` and `where`: sentences. The content is ASCII. */
export const FleetFile = z.object({
  wrapper: z.enum(FLEET_WRAPPERS),
  name: z.string(),
  purpose: z.string(),
  where: z.array(z.string()),
  content: z.string(),
});
export type FleetFile = z.infer<typeof FleetFile>;

/** The files of a client. `enforces`, `limits`: sentences about what its settings do, and do not do. */
export const FleetClient = z.object({
  id: z.enum(FLEET_CLIENTS),
  label: z.string(),
  enforces: z.array(z.string()),
  limits: z.array(z.string()),
  files: z.array(FleetFile),
});
export type FleetClient = z.infer<typeof FleetClient>;

/** The managed settings that allow clients a workspace's servers and no others. */
export const FleetPack = z.object({
  servers: z.array(FleetServer),
  clients: z.array(FleetClient),
});
export type FleetPack = z.infer<typeof FleetPack>;
