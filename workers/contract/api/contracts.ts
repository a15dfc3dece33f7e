import { z } from "zod";
import { Difference, TextSegment } from "../definitions/definition.ts";
import { MAX_ITEMS_PER_SERVER } from "../limits.ts";
import { ChangePolicy, ChangeState, ChangeType, LockedKind } from "../records/contract.ts";
import { Slug } from "../records/slug.ts";
import { SEVERITIES } from "../severity.ts";
import { Person } from "./resources.ts";

/** Most changes that one decision names: all lists of a server, and its instructions. */
const MAX_DECIDED = 4 * MAX_ITEMS_PER_SERVER + 1;
/** Longest key: a URI. */
const MAX_KEY_LENGTH = 100_000;

const Digest = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 in lowercase hex");
const Severity = z.enum(SEVERITIES);

/** An approved definition. Instants in epoch ms. */
const ContractDefinition = z
  .object({
    kind: LockedKind,
    /** Name, URI or URI template; empty: the server's instructions. */
    key: z.string(),
    /** SHA-256 of its canonical form. */
    digest: z.string(),
    /** The text that clients get, as JSON; of instructions a JSON string. */
    json: z.string(),
    approvedAt: z.int(),
    /** Null: the first look at the server approved it. */
    approvedBy: Person.nullable(),
  })
  .meta({ id: "ContractDefinition" });

/** A definition that differs from the approved one. */
export const ContractChange = z
  .object({
    kind: LockedKind,
    key: z.string(),
    change: ChangeType,
    state: ChangeState,
    /** Of what the server shows; a decision names it. Null: the server has removed the definition. */
    digest: z.string().nullable(),
    /** The approved text as JSON; null: there is none. */
    before: z.string().nullable(),
    /** The text that the server shows, as JSON; null: none. */
    after: z.string().nullable(),
    /** Of the worst difference. */
    severity: Severity,
    /** What the change means, worst first. */
    differences: z.array(Difference),
    /** Whether calls reach the server: of a held change, while each call that fits the approved definition fits the new one. */
    isCallable: z.boolean(),
    /** When it was refused (epoch ms), and the person; null: it was not. */
    refusedAt: z.int().nullable(),
    refusedBy: Person.nullable(),
  })
  .meta({ id: "ContractChange" });
export type ContractChange = z.infer<typeof ContractChange>;

/** The contract of a server, and what the server shows that differs. */
export const ServerContract = z
  .object({
    server: z.object({ slug: z.string(), name: z.string() }),
    policy: ChangePolicy,
    /** Of the whole contract; versions of the workspace name it. Null: nothing is approved yet. */
    digest: z.string().nullable(),
    /** When the server's lists were last read, epoch ms; null: the last check failed, or there was none. */
    observedAt: z.int().nullable(),
    /** In the order in which clients get them. */
    definitions: z.array(ContractDefinition),
    /** The worst first. */
    changes: z.array(ContractChange),
  })
  .meta({ id: "ServerContract" });
export type ServerContract = z.infer<typeof ServerContract>;

/** One change as the admin saw it. */
const DecidedChange = z.strictObject({
  kind: LockedKind,
  key: z.string().max(MAX_KEY_LENGTH),
  /** Of what the server showed; null: it had removed the definition. */
  digest: Digest.nullable(),
});

/** The changes to approve or to refuse together. One that the server does not show any more refuses all of them. */
export const ContractDecision = z
  .strictObject({ changes: z.array(DecidedChange).min(1).max(MAX_DECIDED) })
  .meta({ id: "ContractDecision" });
export type ContractDecision = z.infer<typeof ContractDecision>;

/** Another policy. The first one with a contract approves what the server shows now. */
export const ContractPatch = z.strictObject({ policy: ChangePolicy }).meta({ id: "ContractPatch" });

/** A changed skill as the admin saw it. */
export const SkillFilesInput = z
  .strictObject({ key: z.string().max(MAX_KEY_LENGTH), digest: Digest })
  .meta({ id: "SkillFilesInput" });

/** Why the text of a file is not compared; the first that holds. */
const SkillTextProblem = z.enum([
  "too_large",
  "not_text",
  "not_kept",
  "not_readable",
  "not_listed_content",
]);

const SkillFileVersion = z.object({
  digest: z.string(),
  size: z.int(),
  /** Null: the text is known. */
  problem: SkillTextProblem.nullable(),
});

/** A file of a skill that differs from the approved one. */
export const SkillFileChange = z
  .object({
    uri: z.string(),
    change: ChangeType,
    /** The approved file; null: there was none. */
    before: SkillFileVersion.nullable(),
    /** What the server lists; null: it has removed the file. */
    after: SkillFileVersion.nullable(),
    /** Of the worst finding; null: nothing in the text is suspicious, or the text is not known. */
    severity: Severity.nullable(),
    /** What the text does that the approved one did not: to the model, to a reader, and where it leads. */
    findings: z.array(Difference),
    /** Both texts as one. Empty: the text of the server is not known. */
    segments: z.array(TextSegment),
  })
  .meta({ id: "SkillFileChange" });
export type SkillFileChange = z.infer<typeof SkillFileChange>;

/** The files of a changed skill that differ, the worst first. */
export const SkillFiles = z.object({ files: z.array(SkillFileChange) }).meta({ id: "SkillFiles" });
export type SkillFiles = z.infer<typeof SkillFiles>;

/** The changes of one server in numbers. */
export const ContractSummary = z
  .object({
    server: z.object({ slug: z.string(), name: z.string() }),
    policy: ChangePolicy,
    digest: z.string().nullable(),
    observedAt: z.int().nullable(),
    /** Changes that wait for a decision: those that are held, and under `allow_and_tell` those that are served. */
    open: z.int(),
    held: z.int(),
    /** Approved definitions of which no call is sent now. */
    notCallable: z.int(),
    /** Of the worst open change; null: there is none. */
    severity: Severity.nullable(),
  })
  .meta({ id: "ContractSummary" });
export type ContractSummary = z.infer<typeof ContractSummary>;

const LockedText = z.strictObject({
  kind: LockedKind,
  key: z.string().max(MAX_KEY_LENGTH),
  /** SHA-256 of the canonical form of `json`. */
  digest: Digest,
  json: z.string(),
});

/** The contract of one server, in the order in which clients get its definitions. */
export const LockedContract = z.strictObject({
  definitions: z.array(LockedText).max(MAX_DECIDED),
});

/** The approved contracts of a workspace (`mcp.lock`). Servers are named by slug. */
export const McpLock = z
  .strictObject({
    lockVersion: z.literal(1),
    servers: z.record(Slug, LockedContract),
  })
  .meta({ id: "McpLock" });
export type McpLock = z.infer<typeof McpLock>;

/** How the definition of one contract differs from that of another. */
export const DefinitionDifference = ContractChange.pick({
  kind: true,
  key: true,
  change: true,
  before: true,
  after: true,
  severity: true,
  differences: true,
});
export type DefinitionDifference = z.infer<typeof DefinitionDifference>;

/** What an import of an `mcp.lock` changes in the contracts, or would change. */
export const LockImport = z
  .object({
    isDryRun: z.boolean(),
    servers: z.array(
      z.object({
        slug: z.string(),
        policy: ChangePolicy,
        /** Definitions of the file that the contract lacks, has in another form, and those that the file lacks. */
        changes: z.array(DefinitionDifference),
      }),
    ),
  })
  .meta({ id: "LockImport" });
export type LockImport = z.infer<typeof LockImport>;
