import { createHash } from "node:crypto";
import type { LockedDefinition } from "../../workers/contract/definitions/list-definitions.ts";
import type {
  ApprovedDefinition,
  Contract,
  RefusedDefinition,
} from "../../workers/contract/records/contract.ts";
import { digestDefinition } from "../../workers/crypto/definition-digest.ts";
import { nameDefinitions } from "./name-definitions.ts";

/** Makes a contract. Its digest covers texts and order, because clients get the texts byte for byte, but not who approved. */
export function makeContract(
  definitions: ApprovedDefinition[],
  refused: RefusedDefinition[],
): Contract {
  const hash = createHash("sha256");
  const add = (...parts: (string | null)[]) => hash.update(`${JSON.stringify(parts)}\n`);
  for (const { kind, key, json } of definitions) add(kind, key, json);
  for (const { kind, key, digest } of refused) add("refused", kind, key, digest);
  return { digest: hash.digest("hex"), definitions, refused };
}

/** Definitions as this actor approves them now. */
export function approveDefinitions(
  definitions: LockedDefinition[],
  approvedBy: string,
  approvedAt: number,
): ApprovedDefinition[] {
  return definitions.map(({ kind, key, json }) => ({
    kind,
    key,
    json,
    digest: digestDefinition({ kind, key, json }),
    approvedAt,
    approvedBy,
  }));
}

/** A contract in the detail of an audit event. */
export function describeContract({ definitions, digest }: Contract) {
  return {
    definitions: nameDefinitions(definitions),
    count: definitions.length,
    contractDigest: digest,
  };
}
