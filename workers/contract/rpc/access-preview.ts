/** A tool by its server's slug and the server's name for it. */
export interface ToolName {
  serverSlug: string;
  toolName: string;
}

/** The effect of a proposed change of rules or settings on one member. */
export interface AccessChange {
  memberId: string;
  name: string;
  toolsBefore: number;
  toolsAfter: number;
  gainedCount: number;
  lost: ToolName[];
  lostServers: string[];
}
