import type { WorkspaceConfig } from "../../workers/contract/records/workspace.ts";

/** The records of a configuration in maps that changes can be applied to. Null: there are none. */
export function copyRecords(config: WorkspaceConfig | null): Omit<WorkspaceConfig, "workspace"> {
  return {
    servers: new Map(config?.servers),
    members: new Map(config?.members),
    teams: new Map(config?.teams),
    tokens: new Map(config?.tokens),
    instances: new Map(config?.instances),
    connections: new Map(config?.connections),
  };
}
