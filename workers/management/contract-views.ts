import type { z } from "zod";
import type {
  ContractChange,
  ContractSummary,
  DefinitionDifference,
  LockedContract,
  McpLock,
  ServerContract,
} from "../contract/api/contracts.ts";
import { compareDefinitions } from "../contract/definitions/compare-definitions.ts";
import type { Definition } from "../contract/definitions/definition.ts";
import type { LockedChange } from "../contract/records/contract.ts";
import type { ContractState, ImportedContract } from "../contract/rpc/contract-commands.ts";
import { compareSeverities, type Severity } from "../contract/severity.ts";
import { digestDefinition } from "../crypto/definition-digest.ts";
import type { Names } from "../db/names.ts";
import { checkSkillEntry } from "../mcp/skills/skill-entry.ts";
import { toPerson } from "./views.ts";

/** API view of a contract. `otherTools`: names of the tools of other servers, which texts should not mention. */
export async function toServerContract(
  { policy, contract, observedAt, changes, slug }: ContractState,
  name: string,
  names: Names,
  otherTools: string[],
): Promise<ServerContract> {
  const { definitions = [], refused = [], digest = null } = contract ?? {};
  await names.load([
    ...new Set(definitions.map(({ approvedBy }) => approvedBy)),
    ...new Set(refused.map(({ refusedBy }) => refusedBy)),
  ]);
  const personOf = (id: string) => (id === "system" ? null : toPerson(id, names.find(id)));
  const toView = (change: LockedChange): ContractChange => {
    const refusal = refused.find(
      (one) => one.kind === change.kind && one.key === change.key && one.digest === change.digest,
    );
    return {
      ...change,
      ...compare(change, otherTools),
      refusedAt: refusal?.refusedAt ?? null,
      refusedBy: refusal ? personOf(refusal.refusedBy) : null,
    };
  };
  return {
    server: { slug, name },
    policy,
    digest,
    observedAt,
    definitions: definitions.map(({ approvedBy, ...one }) => ({
      ...one,
      approvedBy: personOf(approvedBy),
    })),
    changes: changes.map(toView).toSorted(compareSeverities),
  };
}

/** The changes of a server in numbers. `otherTools`: as of `toServerContract`. */
export function toSummary(
  { slug, policy, observedAt, changes }: ContractState,
  { name, contractDigest: digest }: { name: string; contractDigest: string | null },
  otherTools: string[],
): ContractSummary {
  const open = changes.filter(({ state }) => state !== "refused");
  const severities = open.map((change) => compare(change, otherTools).severity);
  return {
    server: { slug, name },
    policy,
    digest,
    observedAt,
    open: open.length,
    held: open.filter(({ state }) => state === "held").length,
    notCallable: changes.filter(({ change, isCallable }) => change === "changed" && !isCallable)
      .length,
    severity: toWorst(severities),
  };
}

/** The contracts of a workspace as a file. Servers without one are left out. */
export function toMcpLock(states: ContractState[]): McpLock {
  const locked = states.flatMap(({ slug, contract }) =>
    contract
      ? [
          [
            slug,
            {
              definitions: contract.definitions.map(({ kind, key, digest, json }) => ({
                kind,
                key,
                digest,
                json,
              })),
            },
          ] as const,
        ]
      : [],
  );
  return { lockVersion: 1, servers: Object.fromEntries(locked) };
}

/** The contracts of a file, or the first thing that is wrong with it, with its place. */
export function readMcpLock(
  { servers }: McpLock,
  known: ReadonlySet<string>,
): ImportedContract[] | string {
  const contracts: ImportedContract[] = [];
  for (const [slug, { definitions }] of Object.entries(servers)) {
    if (!known.has(slug)) return `servers.${slug}: the workspace has no such server.`;
    const read = readLockedContract(`servers.${slug}`, definitions);
    if (typeof read === "string") return read;
    contracts.push({ slug, definitions: read });
  }
  return contracts;
}

/** The definitions of one contract, or the first thing that is wrong with them. `at`: the place of the contract. */
export function readLockedContract(
  at: string,
  definitions: z.infer<typeof LockedContract>["definitions"],
): ImportedContract["definitions"] | string {
  const seen = new Set<string>();
  for (const [index, { kind, key, digest, json }] of definitions.entries()) {
    const place = `${at}.definitions.${index}`;
    const id = `${kind} ${key}`;
    if (seen.has(id)) return `${place}: this ${kind} is there twice.`;
    seen.add(id);
    const problem = findTextProblem({ kind, key, json });
    if (problem !== null) return `${place}.json: ${problem}`;
    if (digestDefinition({ kind, key, json }) !== digest)
      return `${place}.digest: is not the digest of json. Export or read the definitions again, or undo the change of the text.`;
  }
  return definitions.map(({ kind, key, json }) => ({ kind, key, json }));
}

/** How a file differs from the contract of a server. */
export function compareImport(
  { contract }: ContractState,
  { definitions }: ImportedContract,
  otherTools: string[],
): DefinitionDifference[] {
  return compareContracts(contract?.definitions ?? [], definitions, otherTools);
}

/** How approved definitions differ from those before, the worst first. */
export function compareContracts(
  approved: readonly ImportedContract["definitions"][number][],
  definitions: readonly ImportedContract["definitions"][number][],
  otherTools: string[],
): DefinitionDifference[] {
  const left = new Map(definitions.map((one) => [`${one.kind} ${one.key}`, one]));
  const changes: DefinitionDifference[] = [];
  const add = (
    before: Definition | null,
    after: ImportedContract["definitions"][number] | null,
  ) => {
    const { kind, key } = (before ?? after) as ImportedContract["definitions"][number];
    const change = !before ? "added" : after ? "changed" : "removed";
    const texts = { before: before?.json ?? null, after: after?.json ?? null };
    changes.push({ kind, key, change, ...texts, ...compare({ kind, key, ...texts }, otherTools) });
  };
  for (const before of approved) {
    const id = `${before.kind} ${before.key}`;
    const wanted = left.get(id) ?? null;
    left.delete(id);
    if (wanted?.json !== before.json) add(before, wanted);
  }
  for (const wanted of left.values()) add(null, wanted);
  return changes.toSorted(compareSeverities);
}

/** What is remarkable in a definition that nothing is compared with. */
export function compareNew(
  { kind, key, json }: Definition,
  otherTools: string[],
): Pick<ContractChange, "severity" | "differences"> {
  return compare({ kind, key, before: null, after: json }, otherTools);
}

/** What changes mean, worst first. */
export function compareChanges(
  changes: Pick<LockedChange, "kind" | "key" | "change" | "before" | "after">[],
  otherTools: string[],
): DefinitionDifference[] {
  return changes
    .map((one) => {
      const { kind, key, change, before, after } = one;
      return { kind, key, change, before, after, ...compare(one, otherTools) };
    })
    .toSorted(compareSeverities);
}

function compare(
  { kind, key, before, after }: Pick<LockedChange, "kind" | "key" | "before" | "after">,
  otherTools: string[],
): Pick<ContractChange, "severity" | "differences"> {
  const toDefinition = (json: string | null) => (json === null ? null : { kind, key, json });
  const compared = compareDefinitions(toDefinition(before), toDefinition(after), { otherTools });
  return { severity: compared.severity ?? "info", differences: compared.differences };
}

function toWorst(severities: Severity[]): Severity | null {
  const sorted = severities.map((severity) => ({ severity })).toSorted(compareSeverities);
  return sorted[0]?.severity ?? null;
}

const KEY_MEMBERS = {
  tool: "name",
  prompt: "name",
  resource: "uri",
  template: "uriTemplate",
  skill: "uri",
} as const;

/** What is wrong with the text of a definition; null: clients can get it. */
function findTextProblem({
  kind,
  key,
  json,
}: ImportedContract["definitions"][number]): string | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The file is the peer's: what it says is refused.
    return "is no JSON.";
  }
  if (kind === "instructions")
    return typeof value === "string" && key === ""
      ? null
      : "instructions are a JSON string with the key “”.";
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "is no JSON object.";
  const member = KEY_MEMBERS[kind];
  // Files outside a skill, for example, are refused as in a list of the server.
  const checked = kind === "skill" ? checkSkillEntry({ ...value }) : null;
  if (checked?.ok === false) return `the skill ${checked.reason}.`;
  return Reflect.get(value, member) === key ? null : `its ${member} is not the key.`;
}
