import { and, eq, isNotNull, isNull } from "drizzle-orm";
import type { AgentTerms } from "../contract/records/agents.ts";
import type { Db } from "./database.ts";
import { members, tokens } from "./schema.ts";

/** An agent of a workspace. `id`: the member's. */
export interface AgentRow {
  id: string;
  terms: AgentTerms;
}

/** Returns the agents of a workspace. */
export async function listAgents(db: Db, workspaceId: string): Promise<AgentRow[]> {
  const rows = await db
    .select({ id: members.id, terms: members.agent })
    .from(members)
    .where(and(eq(members.workspaceId, workspaceId), isNotNull(members.agent)));
  return rows.flatMap(({ id, terms }) => (terms ? [{ id, terms }] : []));
}

/** Returns when a token of each trust rule of a workspace was last used, by the rule's id. */
export async function listTrustRuleUse(
  db: Db,
  workspaceId: string,
): Promise<Map<string, number | null>> {
  const rows = await db
    .select({ id: tokens.trustRuleId, lastUsedAt: tokens.lastUsedAt })
    .from(tokens)
    .where(
      and(
        eq(tokens.workspaceId, workspaceId),
        isNotNull(tokens.trustRuleId),
        isNull(tokens.revokedAt),
      ),
    );
  return new Map(rows.flatMap(({ id, lastUsedAt }) => (id === null ? [] : [[id, lastUsedAt]])));
}
