import type { Role } from "../records/workspace.ts";
import type { ConfigurationDocument, ConfigurationPlan } from "../versions/document.ts";

/** The version that a command goes back to. `serverIds`: the ids of its servers by slug. */
interface RestoredVersion {
  number: number;
  serverIds: Map<string, string>;
}

/** The arguments of the commands about whole configurations, by their type. */
export interface VersionArguments {
  /**
   * Makes the configuration that of a document, in one change. `restored` null: a document of a person, of which nothing may
   * be left out. `ifVersion`: refused if the workspace has another version now; null: not compared. `dryRun`: only the plan.
   */
  "configuration.apply": {
    document: ConfigurationDocument;
    restored: RestoredVersion | null;
    ifVersion: number | null;
    dryRun: boolean;
    /** Only an owner changes what only owners change. Absent: the operator. */
    callerRole?: Role | undefined;
  };
}

/** Their results, by type. `version`: the newest version after the change. */
export interface VersionResults {
  "configuration.apply": { plan: ConfigurationPlan; isApplied: boolean; serversToCheck: string[] };
}
