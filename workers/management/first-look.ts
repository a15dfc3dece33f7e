import type { Context } from "hono";
import type { z } from "zod";
import type { ServerTest } from "../contract/api/server-test.ts";
import { listDefinitions, toDefinitionId } from "../contract/definitions/list-definitions.ts";
import type { ToolCatalogue } from "../contract/rpc/tool-catalogue.ts";
import { digestDefinition } from "../crypto/definition-digest.ts";
import { findContract } from "../db/contracts.ts";
import { findLastContractDigest } from "../db/versions.ts";
import { findServer } from "../db/workspaces.ts";
import type { ManagementEnv } from "./authorize.ts";
import { compareContracts, compareNew } from "./contract-views.ts";
import { listOtherTools, listToolNames } from "./other-tools.ts";

type FirstLook = Pick<z.infer<typeof ServerTest>, "definitions" | "earlier">;

/**
 * What a server shows before anything of it is approved, and how that differs from the contract of an earlier server with the
 * slug. Its texts should not mention the tools of the workspace's servers. `slug`: absent: it is not known yet.
 */
export async function describeFirstLook(
  c: Context<ManagementEnv>,
  catalogue: ToolCatalogue | null,
  slug: string | undefined,
): Promise<FirstLook> {
  if (!catalogue) return { definitions: [], earlier: null };
  const others = listOtherTools(await listToolNames(c), undefined);
  const definitions = listDefinitions(catalogue).map((one) => ({
    ...one,
    digest: digestDefinition(one),
    ...compareNew(one, others),
  }));
  return { definitions, earlier: await compareWithEarlier(c, definitions, slug, others) };
}

async function compareWithEarlier(
  c: Context<ManagementEnv>,
  definitions: FirstLook["definitions"],
  slug: string | undefined,
  others: string[],
): Promise<FirstLook["earlier"]> {
  const { db, workspace } = c.var;
  if (slug === undefined || (await findServer(db, workspace.id, slug))) return null;
  const digest = await findLastContractDigest(db, workspace.id, slug);
  const contract = digest === null ? null : await findContract(db, workspace.id, digest);
  if (!contract) return null;
  const approved = new Map(
    contract.definitions.map((one) => [toDefinitionId(one.kind, one.key), one]),
  );
  const shown = definitions.map(({ kind, key, json, digest: now }) => {
    const before = approved.get(toDefinitionId(kind, key));
    // Another order or form of the same is no difference.
    return { kind, key, json: before?.digest === now ? before.json : json };
  });
  return {
    digest: contract.digest,
    changes: compareContracts(contract.definitions, shown, others),
  };
}
