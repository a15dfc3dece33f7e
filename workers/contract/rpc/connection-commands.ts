import type { IssuedTokens, ProviderClient } from "../records/connection.ts";
import type { ServerRecord } from "../records/workspace.ts";
import type { ServerCheck } from "./tool-catalogue.ts";

/** The arguments of the commands about sign-ins of the gateway at servers, by type. */
export interface ConnectionArguments {
  /**
   * Stores the tokens of a sign-in in place of those before. `url`: the server's URL when the sign-in began, which it must
   * still have. `person`: the user who has signed in. `memberId`: whose calls use them; null: those of the whole workspace.
   * `byCompany`: the company's sign-in has connected the account, and the person has done nothing.
   */
  "server.connect": {
    serverId: string;
    memberId: string | null;
    url: string;
    provider: ProviderClient;
    tokens: IssuedTokens;
    scopes: string[];
    person: string;
    byCompany?: true;
  };
  /**
   * Ends the sign-ins at a server, or that of one member. `person`: the user who may only end their own; absent: an owner or
   * admin.
   */
  "server.disconnect": { slug: string; memberId: string | null; person?: string };
  /** Stores a member's own key for a server, in place of the one before. `person`: the user who has entered it. */
  "server.enter-key": { slug: string; memberId: string; key: string; person: string };
}

/** The results of these commands, by type. */
export interface ConnectionResults {
  "server.connect": { server: ServerRecord; check: ServerCheck | null };
  "server.disconnect": { server: ServerRecord };
  "server.enter-key": { server: ServerRecord; check: ServerCheck | null };
}
