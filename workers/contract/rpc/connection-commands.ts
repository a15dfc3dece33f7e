import type { IssuedTokens, ProviderClient } from "../records/connection.ts";
import type { ServerRecord } from "../records/workspace.ts";
import type { ServerCheck } from "./tool-catalogue.ts";

/** The arguments of the commands about sign-ins of the gateway at servers, by type. */
export interface ConnectionArguments {
  /**
   * Stores the tokens of a sign-in in place of those before. `url`: the server's URL when the sign-in began, which it must
   * still have. `person`: the user who has signed in.
   */
  "server.connect": {
    serverId: string;
    url: string;
    provider: ProviderClient;
    tokens: IssuedTokens;
    scopes: string[];
    person: string;
  };
  /** Ends the sign-in at a server. */
  "server.disconnect": { slug: string };
}

/** The results of these commands, by type. */
export interface ConnectionResults {
  "server.connect": { server: ServerRecord; check: ServerCheck | null };
  "server.disconnect": { server: ServerRecord };
}
