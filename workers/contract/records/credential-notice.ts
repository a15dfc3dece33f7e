import { z } from "zod";
import { DAY_MS } from "../units.ts";
import { SignInReason } from "./connection.ts";

/** An end within this time is foretold. */
export const EXPIRES_SOON_MS = 14 * DAY_MS;

/** What is the matter with a credential of a server, or will be soon. */
export const CredentialNotice = z.object({
  /** The gateway's sign-in, the secret of its registration at the provider, or a secret header. */
  kind: z.enum(["sign_in", "client_secret", "header"]),
  /**
   * `failing`: the sign-in does not work, or there is none. `provider_down`: its provider does not answer. `needs_permission`:
   * the server has refused calls for scopes. `expired`, `expires`: of the date that is stated.
   */
  state: z.enum(["failing", "provider_down", "needs_permission", "expired", "expires"]),
  /** The name of the header; null: it is none. */
  header: z.string().nullable(),
  /** Why a sign-in fails; null: it does not, or that is not known. */
  reason: SignInReason.nullable(),
  /** Of `expired` and `expires`, the end; of all others, since when. Epoch ms; null: not known. */
  at: z.int().nullable(),
  /** Sentences: what is the matter, and who can mend it. They can quote the server. */
  message: z.string(),
  /** The people and agents who may call the server, and their tokens. */
  people: z.int(),
  tokens: z.int(),
});
export type CredentialNotice = z.infer<typeof CredentialNotice>;

/** As the Workspace object has it. `declaredBy`: the id of the user who has stated the end; null: the provider, or no person. */
export type FoundNotice = CredentialNotice & { declaredBy: string | null };
