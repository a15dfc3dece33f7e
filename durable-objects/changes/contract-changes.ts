import {
  listDefinitions,
  toDefinitionId,
} from "../../workers/contract/definitions/list-definitions.ts";
import type {
  ApprovedDefinition,
  Contract,
  LockedChange,
  RefusedDefinition,
} from "../../workers/contract/records/contract.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Command, CommandType } from "../../workers/contract/rpc/commands.ts";
import type { SeenChange } from "../../workers/contract/rpc/contract-commands.ts";
import { approveDefinitions, describeContract, makeContract } from "../contracts/make-contract.ts";
import { nameDefinitions } from "../contracts/name-definitions.ts";
import {
  accept,
  refuse,
  type AcceptedDecision,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type KnownContract,
  type RefusedDecision,
} from "./change-decision.ts";
import { findServer, refuseUnknownServer } from "./known-server.ts";

/** Most refused changes of a server that are kept; the oldest go first, and are offered again. */
const MAX_REFUSED = 2_000;

/** Approves changes: clients get what the server shows. */
export function approveChanges(
  config: WorkspaceConfig,
  { slug, seen }: Command<"contract.approve">,
  context: ChangeContext,
): ChangeDecision<"contract.approve"> {
  const found = findSeen(config, slug, seen, context);
  if (found.kind === "refused") return found;
  const { server, known, changes } = found;
  const { definitions = [], refused = [] } = known.contract ?? {};
  const decided = new Set(changes.map(({ kind, key }) => toDefinitionId(kind, key)));
  const approved = new Map(
    changes.flatMap(({ kind, key, after }) =>
      approveDefinitions(
        after === null ? [] : [{ kind, key, json: after }],
        context.actor,
        context.now,
      ).map((definition) => [toDefinitionId(kind, key), definition]),
    ),
  );
  const kept = definitions.flatMap((definition) => {
    const id = toDefinitionId(definition.kind, definition.key);
    if (!decided.has(id)) return definition;
    const replacement = approved.get(id);
    approved.delete(id);
    return replacement ?? [];
  });
  const contract = makeContract(
    [...kept, ...approved.values()],
    refused.filter(({ kind, key }) => !decided.has(toDefinitionId(kind, key))),
  );
  return replaceContract("approved", { config, server, contract, changes }, context);
}

/** Refuses changes: they are not offered again until the server shows something else. */
export function refuseChanges(
  config: WorkspaceConfig,
  { slug, seen }: Command<"contract.refuse">,
  context: ChangeContext,
): ChangeDecision<"contract.refuse"> {
  const found = findSeen(config, slug, seen, context);
  if (found.kind === "refused") return found;
  const { server, known, changes } = found;
  const { definitions = [], refused = [] } = known.contract ?? {};
  const decided = new Set(seen.map(toSeenId));
  const added = changes.map(({ kind, key, digest }): RefusedDefinition => ({
    kind,
    key,
    digest,
    refusedAt: context.now,
    refusedBy: context.actor,
  }));
  const all = [...refused.filter((one) => !decided.has(toSeenId(one))), ...added];
  const contract = makeContract(definitions, all.slice(-MAX_REFUSED));
  return replaceContract("refused", { config, server, contract, changes }, context);
}

/** Sets what happens with changes. Where nothing was approved before, what the server shows now is. */
export function setChangePolicy(
  config: WorkspaceConfig,
  { slug, changePolicy }: Command<"contract.policy">,
  context: ChangeContext,
): ChangeDecision<"contract.policy"> {
  const server = findServer(config, slug);
  if (!server) return refuseUnknownServer();
  if (server.changePolicy === changePolicy) return { kind: "unchanged", result: { server } };
  const { observed } = context.contractOf(server.id);
  const isFirst = changePolicy !== "allow" && server.contractDigest === null && observed !== null;
  const contract = isFirst
    ? makeContract(approveDefinitions(listDefinitions(observed), context.actor, context.now), [])
    : null;
  const contractDigest = contract?.digest ?? server.contractDigest;
  const event: ChangeEvent = {
    action: "contract.policy_changed",
    object: `server:${slug}`,
    detail: {
      changePolicy,
      before: { changePolicy: server.changePolicy },
      ...(contract ? describeContract(contract) : {}),
    },
  };
  const value = { ...server, changePolicy, contractDigest };
  const changes = [{ kind: "server" as const, id: server.id, value }];
  return {
    ...accept(context, config.workspace, event, changes, { server: value }),
    contracts: contract ? [contract] : [],
  };
}

/** Approves what a server shows at the first successful look. It is no change by a person. */
export function approveFirstLook(
  config: WorkspaceConfig,
  { serverId }: Command<"contract.first-look">,
  context: ChangeContext,
): ChangeDecision<"contract.first-look"> {
  const server = config.servers.get(serverId);
  if (!server) return refuseUnknownServer();
  const { observed } = context.contractOf(serverId);
  if (!observed || server.contractDigest !== null || server.changePolicy === "allow")
    return { kind: "unchanged", result: { server } };
  const definitions = listDefinitions(observed);
  const contract = makeContract(approveDefinitions(definitions, context.actor, context.now), []);
  const value = { ...server, contractDigest: contract.digest };
  const event: ChangeEvent = {
    action: "contract.approved",
    object: `server:${server.slug}`,
    detail: { isFirstLook: true, ...describeContract(contract) },
  };
  const changes = [{ kind: "server" as const, id: serverId, value }];
  const decision = accept(context, config.workspace, event, changes, { server: value });
  return { ...decision, changes, contracts: [contract] };
}

/** Replaces contracts with those of an `mcp.lock`. A definition that was approved with the same text stays as it was approved. */
export function importContracts(
  config: WorkspaceConfig,
  { contracts: imported }: Command<"contract.import">,
  context: ChangeContext,
): ChangeDecision<"contract.import"> {
  const replaced: { value: ServerRecord; contract: Contract }[] = [];
  for (const { slug, definitions } of imported) {
    const server = findServer(config, slug);
    if (!server) return refuse("invalid", `servers.${slug}: there is no such server.`);
    const { contract: before } = context.contractOf(server.id);
    const known = new Map(
      (before?.definitions ?? []).map((one) => [toDefinitionId(one.kind, one.key), one]),
    );
    const approved = approveDefinitions(definitions, context.actor, context.now).map(
      (one): ApprovedDefinition => {
        const same = known.get(toDefinitionId(one.kind, one.key));
        return same?.json === one.json ? same : one;
      },
    );
    const contract = makeContract(approved, before?.refused ?? []);
    if (contract.digest === server.contractDigest) continue;
    replaced.push({ value: { ...server, contractDigest: contract.digest }, contract });
  }
  const servers = replaced.map(({ value }) => value);
  if (servers.length === 0) return { kind: "unchanged", result: { servers } };
  const event: ChangeEvent = {
    action: "contract.imported",
    object: `workspace:${config.workspace.slug}`,
    detail: { servers: servers.map(({ slug }) => slug).slice(0, 50), count: servers.length },
  };
  const changes = servers.map((value) => ({ kind: "server" as const, id: value.id, value }));
  return {
    ...accept(context, config.workspace, event, changes, { servers }),
    contracts: replaced.map(({ contract }) => contract),
  };
}

/** The server of a decision with the changes that it names, or why it is refused. */
type Seen =
  | RefusedDecision
  | { kind: "found"; server: ServerRecord; known: KnownContract; changes: LockedChange[] };

/** What is decided is what the admin saw: a change to which the server no longer shows the same refuses the command. */
function findSeen(
  config: WorkspaceConfig,
  slug: string,
  seen: SeenChange[],
  context: ChangeContext,
): Seen {
  const server = findServer(config, slug);
  if (!server) return refuseUnknownServer();
  const known = context.contractOf(server.id);
  const byId = new Map(known.changes.map((change) => [toSeenId(change), change]));
  const wanted = new Set(seen.map(toSeenId));
  const changes = [...wanted].flatMap((id) => byId.get(id) ?? []);
  if (changes.length === wanted.size) return { kind: "found", server, known, changes };
  const [moved] = seen.filter((one) => !byId.has(toSeenId(one)));
  const name = moved ? nameDefinitions([moved])[0] : "";
  return refuse(
    "conflict",
    `${name}: the server does not show this change any more, or it is decided already. Read the contract again; nothing was changed.`,
  );
}

function toSeenId({ kind, key, digest }: SeenChange): string {
  return `${digest} ${toDefinitionId(kind, key)}`;
}

interface Replacement {
  config: WorkspaceConfig;
  server: ServerRecord;
  contract: Contract;
  changes: LockedChange[];
}

function replaceContract<T extends CommandType>(
  verb: "approved" | "refused",
  { config, server, contract, changes }: Replacement,
  context: ChangeContext,
): AcceptedDecision<{ server: ServerRecord }> & ChangeDecision<T & "contract.approve"> {
  const value = { ...server, contractDigest: contract.digest };
  const event: ChangeEvent = {
    action: `contract.${verb}`,
    object: `server:${server.slug}`,
    detail: {
      definitions: nameDefinitions(changes),
      count: changes.length,
      contractDigest: contract.digest,
      before: { contractDigest: server.contractDigest },
    },
  };
  const entities = [{ kind: "server" as const, id: server.id, value }];
  return {
    ...accept(context, config.workspace, event, entities, { server: value }),
    contracts: [contract],
  };
}
