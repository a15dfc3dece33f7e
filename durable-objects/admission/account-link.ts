import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { AccountLink } from "../../workers/contract/rpc/admission.ts";
import type { TokenOwner } from "./token-owners.ts";

/**
 * Where the person connects an account whose calls use it: the member behind the token, or the owner of an agent. Null: the
 * server's calls use the account of the workspace or none, or the token belongs to no member.
 */
export function toAccountLink(
  { members }: WorkspaceConfig,
  { slug, perPerson }: ServerRecord,
  { member }: Pick<TokenOwner, "member">,
): AccountLink | null {
  if (perPerson === null || member === null) return null;
  const owner = member.agent && members.get(member.agent.ownerId);
  const agent = owner ? { id: member.id, name: member.name, owner: owner.name } : null;
  const isByCompany = perPerson.kind === "sign_in" && perPerson.byCompany === true;
  const companyMemberId = isByCompany && !member.agent ? member.id : null;
  return { server: slug, kind: perPerson.kind, agent, companyMemberId };
}
