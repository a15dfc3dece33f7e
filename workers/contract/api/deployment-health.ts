import { z } from "zod";

const MasterKeyUse = z
  .object({
    kid: z.string(),
    /** The newest key of `MCPNEST_MASTER_KEYS`, which wraps all others' workspaces in the end. */
    isNewest: z.boolean(),
    /** Whether `MCPNEST_MASTER_KEYS` has it. If not, the secrets of its workspaces cannot be opened. */
    isConfigured: z.boolean(),
    /** Workspaces whose data key is wrapped with it; 0: it can be removed, unless it is the newest. */
    workspaces: z.int(),
  })
  .meta({ id: "MasterKeyUse" });

/** What the operator of a deployment has to watch. */
export const DeploymentHealth = z
  .object({
    masterKeys: z.array(MasterKeyUse),
    database: z.object({
      /** The size of the file, which does not shrink: the space of deleted rows is used again. */
      bytes: z.int(),
      maxBytes: z.int(),
      /** `filling`: 60 % and more; `nearly_full`: 80 % and more. */
      level: z.enum(["ok", "filling", "nearly_full"]),
    }),
  })
  .meta({ id: "DeploymentHealth" });
