import { z } from "zod";
import { Difference } from "../definitions/definition.ts";
import { LockedKind } from "../records/contract.ts";
import { Era, Transport } from "../records/workspace.ts";
import { ServerInput } from "../rpc/commands.ts";
import { SEVERITIES } from "../severity.ts";
import { UpstreamFailure } from "./resources.ts";

/** Address and headers of a server to test before it is added. */
export const ServerTestInput = ServerInput.pick({ url: true, headers: true, credentials: true });

const ShownDefinition = z.object({
  kind: LockedKind,
  /** Name, URI or URI template; empty: the server's instructions. */
  key: z.string(),
  /** As JSON. */
  json: z.string(),
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
    /** All that the server shows, and what is remarkable in it, the worst first. The first look approves it. */
    definitions: z.array(ShownDefinition),
    prompts: z.int(),
    resources: z.int(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerTest" });
