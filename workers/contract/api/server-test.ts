import { z } from "zod";
import { Difference } from "../definitions/definition.ts";
import { LockedKind } from "../records/contract.ts";
import { Era, Transport } from "../records/workspace.ts";
import { ServerInput } from "../rpc/commands.ts";
import { SEVERITIES } from "../severity.ts";
import { DefinitionDifference, LockedContract } from "./contracts.ts";
import { UpstreamFailure } from "./resources.ts";

/**
 * A new server with what is approved of it, such as the definitions of its test. What it shows otherwise is a change. Without
 * `contract`: the first look approves what it shows then.
 */
export const NewServer = ServerInput.extend({ contract: LockedContract.optional() });

/** Address and headers of a server to test before it is added. `slug`: finds the contract of an earlier server. */
export const ServerTestInput = ServerInput.pick({
  url: true,
  headers: true,
  credentials: true,
}).extend({ slug: ServerInput.shape.slug.optional() });

const ShownDefinition = z.object({
  kind: LockedKind,
  /** Name, URI or URI template; empty: the server's instructions. */
  key: z.string(),
  /** As JSON. */
  json: z.string(),
  /** SHA-256 of its canonical form. */
  digest: z.string(),
  /** Of the worst mark. */
  severity: z.enum(SEVERITIES),
  /** Hidden characters, orders to the model, mentions of other servers' tools, hosts, names like others. */
  differences: z.array(Difference),
});

/** Result of a test of a server that is not added yet. */
export const ServerTest = z
  .object({
    latencyMs: z.int(),
    error: UpstreamFailure.nullable(),
    /** Null: the server did not respond as an MCP server. */
    detected: z.object({ transport: Transport, era: Era, protocolVersion: z.string() }).nullable(),
    tools: z.array(z.object({ name: z.string(), description: z.string().nullable() })),
    /** All that the server shows, in its order, and what is remarkable in it. */
    definitions: z.array(ShownDefinition),
    /** Null: the workspace had no server of this slug with a contract, or it still has it. */
    earlier: z
      .object({
        /** Of the last contract. */
        digest: z.string(),
        /** What the server shows that differs from it, the worst first. */
        changes: z.array(DefinitionDifference),
      })
      .nullable(),
    prompts: z.int(),
    resources: z.int(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerTest" });
