import type { Context } from "hono";
import { checkServerDocument, isBlocking } from "../../client-config/server-document/check.ts";
import { writeJson } from "../contract/definitions/json-value.ts";
import { ServerDocument } from "../contract/marketplace/server-document.ts";
import { DAY_MS } from "../contract/units.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import {
  insertPublication,
  listVersionsOfKey,
  type PublicationRow,
} from "../db/marketplace-publications.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { checkPackageMarkers } from "../marketplace/publishing/package-markers.ts";
import { storePublishedServer } from "../marketplace/publishing/store-publication.ts";
import { parseJson } from "../mcp/json.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";
import { findValidProof, type ValidProof } from "./namespace-proofs.ts";
import type { refuse } from "./responses.ts";

/** Versions that a person publishes in a day: each is checked at registries and stored for ever. */
export const MAX_PER_DAY = 20;
/** Findings that a refusal lists; the page shows all. */
const MAX_LISTED = 5;

type C = Context<ManagementEnv>;
type Problem = Parameters<typeof refuse>[1];

/** A text that passes the strict check, as it is read from the catalogue. */
export interface CheckedDocument {
  text: string;
  document: ServerDocument & { version: string };
}

/** Reads a server.json strictly, as a registry would. */
export function readDocument(text: string): CheckedDocument | Problem {
  const blocking = checkServerDocument(text, "current").filter(isBlocking);
  if (blocking.length > 0) {
    const lines = blocking
      .slice(0, MAX_LISTED)
      .map(({ message, range }) => (range ? `line ${range.line}: ${message}` : message));
    const more = blocking.length - lines.length;
    const rest = more > 0 ? ` And ${more} more.` : "";
    return { code: "invalid", message: `The file cannot be published. ${lines.join(" ")}${rest}` };
  }
  const read = ServerDocument.safeParse(parseJson(text));
  const { data } = read;
  if (!data || data.version === null) {
    const [issue] = read.error?.issues ?? [];
    const where = issue ? `${issue.path.join(".")}: ${issue.message}` : "version: give one";
    return { code: "invalid", message: `The file cannot be published. ${where}` };
  }
  return { text, document: { ...data, version: data.version } };
}

/** Publishes a version: with a proof of its namespace and the markers of its packages, once, and never with other content. */
export async function publishVersion(
  c: C,
  { text, document }: CheckedDocument,
): Promise<PublicationRow | Problem> {
  const { db, actor } = c.var;
  const { name, version } = document;
  const proof = await findValidProof(c, name.split("/")[0] ?? "");
  if (!proof) return NO_PROOF;
  const key = name.toLowerCase();
  const digest = sha256Hex(writeJson(parseJson(text)));
  const known = await listVersionsOfKey(db, key);
  const same = known.find((row) => row.version === version);
  if (same) return finishKnown(c, same, digest);
  const services = settingsOf(c.env).publishing;
  const problems = services ? await checkPackageMarkers(c.env, services, document) : [];
  if (problems.length > 0) return { code: "conflict", message: problems.join(" ") };
  const row = makeRow(c, { key, name, version, document: text, digest }, proof);
  const detail = { version, proof: proof.kind, subject: proof.subject };
  const object = `marketplace-server:${name}`;
  const event = makeAuditEvent(actor, "marketplace_publication.published", object, detail);
  const limit = { since: row.publishedAt - DAY_MS, max: MAX_PER_DAY };
  if (!(await insertPublication(db, row, event, limit))) {
    const other = (await listVersionsOfKey(db, key)).find((one) => one.version === version);
    return other ? finishKnown(c, other, digest) : TOO_MANY;
  }
  await storePublishedServer(db, key);
  return row;
}

/** A version is never changed. Published again, its entry is stored again: an earlier request can have ended before. */
async function finishKnown(c: C, known: PublicationRow, digest: string) {
  if (known.digest !== digest) return OTHER_CONTENT;
  await storePublishedServer(c.var.db, known.key);
  return known;
}

function makeRow(
  c: C,
  given: Pick<PublicationRow, "key" | "name" | "version" | "document" | "digest">,
  proof: ValidProof,
): PublicationRow {
  return {
    ...given,
    publishedBy: c.var.actor,
    publishedAt: Date.now(),
    proofKind: proof.kind,
    proofSubject: proof.subject,
    status: "active",
    statusMessage: null,
    handedOn: null,
    handedOnMessage: null,
    handedOnAt: null,
  };
}

/** The refusal of people who have not proven a namespace. */
export const NO_PROOF = {
  code: "forbidden",
  message:
    "You have not proven this namespace, or the proof has expired. Prove it first: a domain by its key, a GitHub account by a sign-in, either by a claim.",
} as const;
const OTHER_CONTENT = {
  code: "conflict",
  message:
    "This version is published with other content, and versions do not change. Publish a new version.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: `You have published ${MAX_PER_DAY} versions in a day, which is the maximum. Try again tomorrow.`,
} as const;
