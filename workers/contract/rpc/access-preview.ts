/** A tool by its server's slug and its own name there. */
export interface ToolName {
  serverSlug: string;
  toolName: string;
}

/** What a proposal would do to one member. */
export interface AccessChange {
  memberId: string;
  name: string;
  toolsBefore: number;
  toolsAfter: number;
  gainedCount: number;
  lost: ToolName[];
  lostServers: string[];
}
