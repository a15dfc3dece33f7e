/**
 * The actions of audit events, past tense. A new one needs its sentence in `workers/management/event-sentences.ts`, or that
 * file does not compile.
 */
export type AuditAction =
  | `workspace.${"created" | "updated" | "deleted" | "key_rewrapped" | "plan_set"}`
  | `workspace.${"stopped" | "stop_lifted"}`
  | `workspace.${"version_restored" | "configuration_applied"}`
  | `client.${"blocked" | "unblocked"}`
  | `server.${"created" | "updated" | "deleted" | "reordered"}`
  | `server.${"connected" | "disconnected"}`
  | "server.generated"
  | `contract.${"approved" | "refused" | "policy_changed" | "imported" | "change_observed" | "skill_read"}`
  | `member.${"created" | "updated" | "joined" | "deleted" | "invited" | "uninvited"}`
  | `member.${"rules_set" | "rules_edited" | "teams_set"}`
  | `team.${"created" | "updated" | "deleted" | "members_changed" | "rules_set"}`
  | "teams.handed_over"
  | `alert_channel.${"created" | "updated" | "deleted"}`
  | `scim_token.${"created" | "revoked"}`
  | `scim_user.${"adopted" | "updated" | "activated" | "deactivated"}`
  | `scim_group.${"updated" | "left"}`
  | `access_request.${"created" | "approved" | "declined" | "withdrawn" | "lapsed"}`
  | `member.${"provisioned" | "bound" | "unbound"}`
  | `issuer.${"created" | "updated" | "deleted"}`
  | "company_sign_in.refused"
  | `${"member" | "token"}.${"suspended" | "suspension_lifted"}`
  | `token.${"created" | "updated" | "rotated" | "revoked"}`
  | `grant.${"created" | "ended"}`
  | `assertion.${"accepted" | "refused"}`
  | `agent.${"created" | "updated"}`
  | `trust_rule.${"created" | "updated" | "deleted"}`
  | "workload_token.refused"
  | `api_key.${"created" | "revoked"}`
  | `instance.${"created" | "restarted" | "terminated" | "health_changed"}`
  | `instance.${"version_switched" | "version_put_back"}`
  | `instance.${"pending" | "starting" | "running" | "failed"}`
  | `request.${"created" | "fulfilled" | "declined" | "withdrawn"}`
  | `followed_registry.${"created" | "updated" | "removed" | "plan_approved"}`
  | `session.${"started" | "stepped_up" | "ended" | "others_ended" | "all_ended"}`
  | `passkey.${"added" | "renamed" | "removed"}`
  | `recovery_codes.replaced`
  | `recovery_code.refused`
  | `${"setup" | "recovery"}_link.created`
  | `user.${"created" | "updated" | "recovered"}`
  | `host.${"registered" | "updated" | "removed"}`
  | `marketplace_source.${"added" | "updated" | "removed" | "sync_started"}`
  | "marketplace.imported"
  | `marketplace_server.${"hidden" | "unhidden"}`
  | `marketplace_collection.${"created" | "updated" | "deleted"}`
  | `marketplace_week.${"picked" | "unpicked"}`
  | `marketplace_claim.${"proven" | "ended"}`
  | "marketplace_namespace.proven"
  | `marketplace_publication.${"published" | "deprecated" | "deleted" | "restored" | "handed_on"}`
  | `marketplace_report.${"resolved" | "dismissed"}`
  | "call_numbers.skipped"
  | "audit.exported";

/** The actions of events about a person, in a workspace of which the person is a member, begin with this. */
export const PERSON = "person.";
