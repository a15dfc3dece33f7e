import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import { countInstall, marketplaceInstallsKey } from "../../api/marketplace-installs.ts";
import { marketplaceServerKey } from "../../api/marketplace.ts";
import { refetch } from "../../api/refetch.ts";

/**
 * Returns a function that counts an install of servers in a client, once while the page is open, and then fetches the new
 * numbers. The request holds the id of the client and nothing else.
 */
export function useInstallCount(names: readonly string[]): (client: ClientId) => void {
  const queries = useQueryClient();
  const counted = useRef(new Set<ClientId>());
  return (client) => {
    if (counted.current.has(client)) return;
    counted.current.add(client);
    for (const name of names)
      countInstall(name, client).then(
        () =>
          Promise.all([
            refetch(queries, marketplaceServerKey(name)),
            refetch(queries, marketplaceInstallsKey(name)),
          ]),
        // The person has what they wanted: only the count lacks one.
        () => undefined,
      );
  };
}
