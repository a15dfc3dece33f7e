import {
  CLIENT_IDS,
  type ClientId,
} from "../../../../workers/contract/marketplace/install/clients.ts";
import type { Client } from "../../connect/clients/client.ts";
import { CLIENTS } from "../../connect/clients/clients.ts";

/** A client with its name and its mark. */
export interface ShownClient extends Pick<Client, "label" | "monogram" | "frame"> {
  id: ClientId;
}

/** The clients that servers can be installed in, in display order. */
export const SHOWN_CLIENTS: readonly ShownClient[] = CLIENT_IDS.flatMap((id) => {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  return client ? { id, label: client.label, monogram: client.monogram, frame: client.frame } : [];
});

const KEY = "marketplace-client";

/** The client last chosen in this browser. */
export const lastClient = {
  /** The first of all, if none was chosen. */
  find: (): ClientId => CLIENT_IDS.find((id) => id === localStorage.getItem(KEY)) ?? CLIENT_IDS[0],
  set: (id: ClientId) => localStorage.setItem(KEY, id),
};
