import { useQueries } from "@tanstack/react-query";
import type { ServerSummary } from "../../../../../workers/contract/api/marketplace.ts";
import type { KnownTool } from "../../../../../workers/contract/composition/check-composition.ts";
import {
  toAddressDocument,
  type AddressItem,
  type Composition,
} from "../../../../../workers/contract/composition/composition.ts";
import type { PackValues } from "../../../../../workers/contract/marketplace/install/pack.ts";
import type { ServerDocument } from "../../../../../workers/contract/marketplace/server-document.ts";
import { ApiError } from "../../../api/api-error.ts";
import { marketplaceServerQuery } from "../../../api/marketplace.ts";
import { toCatalogueServer } from "../../marketplace/catalogue-server.ts";

/** What a person has picked: an entry of the marketplace by its name, or a server by its address. */
export type Pick =
  | { from: "catalogue"; name: string }
  | { from: "address"; item: AddressItem; tools: KnownTool[] | null };

/** A picked server with what is known of it. */
export interface PickedServer {
  pick: Pick;
  /** The name of the entry, or of its document. */
  name: string;
  /** Null: it is being loaded, or there is none. */
  document: ServerDocument | null;
  entry: Only<ServerSummary, "resembles" | "status" | "grade"> | null;
  tools: KnownTool[] | null;
  /** Why there is no document, as a sentence. */
  problem: string | null;
}
type Only<T, K extends keyof T> = { [P in K]: T[P] };

/** The picked servers, with the entries of the marketplace. */
export function usePicked(picks: readonly Pick[]): PickedServer[] {
  const names = picks.flatMap((pick) => (pick.from === "catalogue" ? [pick.name] : []));
  const queries = useQueries({
    queries: names.map((full) => {
      const [namespace = "", name = ""] = full.split("/");
      return { ...marketplaceServerQuery(namespace, name), select: toCatalogueServer };
    }),
  });
  const byName = new Map(names.map((name, index) => [name, queries[index]]));
  return picks.map((pick): PickedServer => {
    if (pick.from === "address") {
      const document = toAddressDocument(pick.item);
      const { name } = document;
      return { pick, name, document, entry: null, tools: pick.tools, problem: null };
    }
    const query = byName.get(pick.name);
    const data = query?.data ?? null;
    return {
      pick,
      name: pick.name,
      // Its values and links are by the name that was picked.
      document: data && { ...data.document, name: pick.name },
      entry: data,
      tools: data?.probes.find(({ tools }) => tools !== null)?.tools ?? null,
      problem: query?.isError === true ? describe(query.error) : null,
    };
  });
}

function describe(error: unknown): string {
  if (error instanceof ApiError && error.code === "hidden_server") return error.message;
  if (error instanceof ApiError && error.status === 404)
    return "It is not in this catalogue, so nothing is known of it, and it is left out.";
  return "It could not be loaded, so it is left out.";
}

/** What the composer begins with. */
export interface Start {
  picks: Pick[];
  values: PackValues;
}

/** Reads a shared composition. */
export function toStart({ servers }: Composition): Start {
  return {
    picks: servers.map((server) =>
      server.from === "catalogue"
        ? { from: "catalogue", name: server.name }
        : { from: "address", item: server, tools: null },
    ),
    values: Object.fromEntries(
      servers.flatMap((server) =>
        server.from === "catalogue" ? [[server.name, Object.fromEntries(server.values)]] : [],
      ),
    ),
  };
}
