import { z } from "zod";
import { TrustRuleInput } from "../api/agents.ts";
import { MAX_RULES_PER_MEMBER } from "../limits.ts";
import { ServerOrigin } from "../marketplace/server-origin.ts";
import { DisplayName } from "../records/display-name.ts";
import { Rule } from "../records/rule.ts";
import { Slug } from "../records/slug.ts";
import { TeamManager } from "../records/team.ts";
import { ServerInput, WorkspacePatch } from "../rpc/configuration-inputs.ts";
import { PerPersonInput } from "../rpc/header-input.ts";
import { MAX_TEAM_MEMBERS, MAX_TEAMS } from "../rpc/team-commands.ts";

/** What a configuration document says that it is. */
export const DOCUMENT_FORMAT = "mcpnest-configuration/1";

const MAX_ENTRIES = 1_000;
const MAX_NAMES = 20_000;
const Reference = z.string().max(100);
const { url, prefix, headers, longestCallSeconds, longestSilenceSeconds } = ServerInput.shape;

/** A secret header: its name, and a reference to the value, which no document has. */
const DocumentCredential = z.strictObject({
  name: z.string().max(200),
  /** Absent: the value has to be entered. */
  reference: Reference.optional(),
  expiresAt: z.int().min(0).optional(),
});

/** A server. Absent fields have their defaults. */
const DocumentServer = z.strictObject({
  slug: Slug,
  name: DisplayName.optional(),
  /** Whether the gateway runs it. Its URL, headers and credentials are then the gateway's. */
  hosted: z.boolean().optional(),
  url: url.optional(),
  prefix,
  enabled: z.boolean().optional(),
  longestCallSeconds,
  longestSilenceSeconds,
  headers,
  credentials: z.array(DocumentCredential).max(100).optional(),
  perPerson: PerPersonInput.nullable().optional(),
  origin: ServerOrigin.nullable().optional(),
  /** How changes of its tools are handled, and which tools are approved. */
  changePolicy: z.enum(["hold", "allow_and_tell", "allow"]).optional(),
  contractDigest: z.string().max(100).nullable().optional(),
});
export type DocumentServer = z.infer<typeof DocumentServer>;

const DocumentVariable = z.strictObject({
  name: z.string().max(64),
  reference: Reference.optional(),
});

/** A hosted server as it is deployed. */
const DocumentInstance = z.strictObject({
  slug: Slug,
  name: DisplayName,
  prefix,
  catalogueId: Slug,
  profile: z.string().max(40),
  /** Of its package. Absent: the image's. */
  version: z.string().max(100).optional(),
  origin: ServerOrigin.nullable().optional(),
  variables: z.array(DocumentVariable).max(200).optional(),
});

/** The ends of rules, epoch ms. Absent: none ends. */
const RuleEnds = z.record(Rule, z.int().min(0).max(8_640_000_000_000_000));
const ACCESS = {
  isRestricted: z.boolean().optional(),
  rules: z.array(Rule).max(MAX_RULES_PER_MEMBER),
  ends: RuleEnds.optional(),
};

/** What a person may call. Name and role are for readers: people come and go only by invitation and removal. */
const DocumentPerson = z.strictObject({
  id: z.string().max(100).optional(),
  name: z.string().max(200).optional(),
  role: z.string().max(40).optional(),
  ...ACCESS,
});
export type DocumentPerson = z.infer<typeof DocumentPerson>;

/** A team. */
const DocumentTeam = z.strictObject({
  name: DisplayName,
  /** Absent: people. Of a team of the directory, a document changes the rules only. */
  managedBy: TeamManager.optional(),
  /** Ids of members. Absent: who is in it does not change. */
  members: z.array(z.string().max(100)).max(MAX_TEAM_MEMBERS).optional(),
  ...ACCESS,
});
export type DocumentTeam = z.infer<typeof DocumentTeam>;

/** An agent. */
const DocumentAgent = z.strictObject({
  name: DisplayName,
  /** The member who answers for it: an id, or the name of one person only. */
  owner: z.string().max(200),
  endsAt: z.int().nullable().optional(),
  ...ACCESS,
  trustRules: z
    .array(TrustRuleInput.required({ audience: true }))
    .max(20)
    .optional(),
});
export type DocumentAgent = z.infer<typeof DocumentAgent>;

/** A name for clients, with what has it: the server, and its own name of the tool, prompt or skill (by its path). */
const DocumentName = z.strictObject({
  name: z.string().max(200),
  server: Slug,
  of: z.string().max(4_096),
});
const DocumentUri = z.strictObject({ uri: z.string().max(8_192), server: Slug });
const names = z.array(DocumentName).max(MAX_NAMES).optional();
const uris = z.array(DocumentUri).max(MAX_NAMES).optional();

/**
 * The names for clients that the lists of the servers alone do not determine, because another server has or wants the same
 * one, and the servers of URIs that several have. Templates: oldest first. Those that are absent are not changed.
 */
const DocumentNames = z.strictObject({
  tools: names,
  prompts: names,
  skills: names,
  resources: uris,
  templates: uris,
});
export type DocumentNames = z.infer<typeof DocumentNames>;

/**
 * The configuration of a workspace as one document. A section or setting that is absent is not changed; servers, teams and
 * agents that a present section does not name are removed.
 */
export const ConfigurationDocument = z
  .strictObject({
    format: z.literal(DOCUMENT_FORMAT),
    settings: WorkspacePatch.optional(),
    /** In the order in which clients see their tools. */
    servers: z.array(DocumentServer).max(MAX_ENTRIES).optional(),
    hosted: z.array(DocumentInstance).max(MAX_ENTRIES).optional(),
    people: z.array(DocumentPerson).max(MAX_ENTRIES).optional(),
    agents: z.array(DocumentAgent).max(MAX_ENTRIES).optional(),
    teams: z.array(DocumentTeam).max(MAX_TEAMS).optional(),
    names: DocumentNames.optional(),
  })
  .meta({ id: "ConfigurationDocument" });
export type ConfigurationDocument = z.infer<typeof ConfigurationDocument>;

/** A value in a difference; a list has what only one of the sides has. */
const FieldDifference = z.object({
  /** Where it is in the entry: `limits.perTokenPerMinute`, `credentials.authorization.reference`. */
  field: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type FieldDifference = z.infer<typeof FieldDifference>;

/** A difference of one entry of two documents. */
export const EntryDifference = z
  .object({
    section: z.enum([
      "settings",
      "order",
      "servers",
      "hosted",
      "people",
      "agents",
      "teams",
      "names",
    ]),
    /** A slug, the name of a person or agent, or `server:tool`. */
    name: z.string(),
    action: z.enum(["added", "changed", "removed"]),
    fields: z.array(FieldDifference),
  })
  .meta({ id: "EntryDifference" });
export type EntryDifference = z.infer<typeof EntryDifference>;

/** What an application of a document would change, and what it would not. */
export const ConfigurationPlan = z
  .object({
    /** The version at which the plan was made; 0: none yet. Send it as `ifVersion`. */
    version: z.int(),
    changes: z.array(EntryDifference),
    /** What each member would lose and gain, of those who lose or gain anything. */
    access: z.array(
      z.object({
        memberId: z.string(),
        name: z.string(),
        lostCount: z.int(),
        gainedCount: z.int(),
        /** `server:tool`, at most 50. */
        lost: z.array(z.string()),
        lostServers: z.array(z.string()),
      }),
    ),
    /** What clients get otherwise of servers that stay, for all members together; at most 50 of each. */
    tools: z.object({
      closedCount: z.int(),
      /** `server:tool` that no client can call afterwards: its contract or its policy lacks or holds it. */
      closed: z.array(z.string()),
      openedCount: z.int(),
      opened: z.array(z.string()),
      renamedCount: z.int(),
      /** Tools that clients know by another name afterwards. */
      renamed: z.array(z.object({ tool: z.string(), before: z.string(), after: z.string() })),
    }),
    /** What the document has otherwise and is not applied, and why. */
    notApplied: z.array(z.object({ name: z.string(), reason: z.string() })),
    /** Credentials that have to be entered again. */
    needsCredentials: z.array(z.object({ server: z.string(), credential: z.string() })),
  })
  .meta({ id: "ConfigurationPlan" });
export type ConfigurationPlan = z.infer<typeof ConfigurationPlan>;
