import type { MarketplaceServer } from "../../../../workers/contract/api/marketplace.ts";
import { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";

/** A server of the marketplace with its document, whose form the API leaves to `ServerDocument`. */
export interface CatalogueServer extends Omit<MarketplaceServer, "document"> {
  document: ServerDocument;
}

/** Parses the document of a server that the API has returned. */
export function toCatalogueServer(server: MarketplaceServer): CatalogueServer {
  return { ...server, document: ServerDocument.parse(server.document) };
}
