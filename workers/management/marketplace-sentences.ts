import type { AuditAction } from "../contract/records/audit-actions.ts";
import { toPlural, type Predicate } from "./event-details.ts";

type MarketplaceAction = Extract<AuditAction, `marketplace${string}`>;

const CLAIM_ENDS: Record<string, string> = {
  proof_gone: ": its proof was gone in two checks",
  unreachable: ": its host could not be reached for 14 days",
  replaced: ": the file had the proof of another person instead",
  operator: " of another person",
};

const PROOFS: Record<string, string> = {
  dns: "a key in the DNS",
  http: "a key on the host",
  github: "a sign-in at GitHub",
};

const HAND_ONS: Record<string, string> = {
  refused: ", which refused it",
  unreachable: ", which did not respond",
};

/** What was changed in the marketplace. */
export const MARKETPLACE_PREDICATES: Record<MarketplaceAction, Predicate> = {
  "marketplace_source.added": ({ object, detail }) =>
    `added the registry ${object} to the marketplace: ${detail.text("url") ?? "?"}`,
  "marketplace_source.updated": ({ object, detail }) =>
    `changed the marketplace’s source ${object}: ${detail.value("isEnabled") === true ? "it is synced" : "it is not synced"}${detail.has("url") ? ` with ${detail.text("url") ?? "?"}` : ""}`,
  "marketplace_source.removed": ({ object, detail }) =>
    `removed the registry ${object} from the marketplace: ${detail.text("url") ?? "?"}`,
  "marketplace_source.sync_started": ({ object, detail }) =>
    `started ${detail.text("kind") === "sweep" ? "a full sync" : "a sync"} of the marketplace with ${object}`,
  "marketplace.imported": ({ object, detail }) =>
    `imported ${toPlural(detail.number("changed"), "server")} from ${object} into the marketplace`,
  "marketplace_server.hidden": ({ object }) => `hid the server ${object} of the marketplace`,
  "marketplace_server.unhidden": ({ object }) => `showed the server ${object} again`,
  "marketplace_collection.created": ({ object }) => `created the collection ${object}`,
  "marketplace_collection.updated": ({ object }) => `changed the collection ${object}`,
  "marketplace_collection.deleted": ({ object }) => `deleted the collection ${object}`,
  "marketplace_week.picked": ({ object }) => `picked ${object} as the server of a week`,
  "marketplace_week.unpicked": ({ object }) => `withdrew the pick for the week ${object}`,
  "marketplace_claim.proven": ({ object, detail }) =>
    `claimed the namespace ${object} of the marketplace, proven by ${detail.text("evidence") ?? "?"}`,
  "marketplace_claim.ended": ({ object, detail }) =>
    `ended the claim of the namespace ${object}${CLAIM_ENDS[detail.text("cause") ?? ""] ?? ""}`,
  "marketplace_namespace.proven": ({ object, detail }) =>
    `proved to be able to publish in the namespace ${object} by ${PROOFS[detail.text("kind") ?? ""] ?? "a proof"} of ${detail.text("subject") ?? "?"}`,
  "marketplace_publication.published": ({ object, detail }) =>
    `published version ${detail.text("version") ?? "?"} of the server ${object}`,
  "marketplace_publication.deprecated": ({ object }) => `deprecated the published server ${object}`,
  "marketplace_publication.deleted": ({ object }) => `deleted the published server ${object}`,
  "marketplace_publication.restored": ({ object }) => `restored the published server ${object}`,
  "marketplace_publication.handed_on": ({ object, detail }) =>
    `handed version ${detail.text("version") ?? "?"} of the server ${object} on to the official registry${HAND_ONS[detail.text("state") ?? ""] ?? ""}`,
  "marketplace_report.resolved": ({ object }) => `resolved a report of wrong data of ${object}`,
  "marketplace_report.dismissed": ({ object }) => `dismissed a report of wrong data of ${object}`,
};
