import { EXPIRES_SOON_MS } from "../contract/records/credential-notice.ts";
import type { WorkspaceRecord } from "../contract/records/workspace.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openValue, openWorkspaceKey, sealValue } from "../crypto/workspace-key.ts";
import {
  deleteUpstreamClient,
  findUpstreamClient,
  saveUpstreamClient,
  type UpstreamClientKey,
} from "../db/connections.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import type { ClientIdentity } from "../upstream/sign-in/register-client.ts";

/** The identities of a workspace at authorization servers, whose secrets are sealed with the workspace's data key. */
export class UpstreamClients {
  readonly #db: Db;
  readonly #env: Env;
  readonly #workspace: WorkspaceRecord;

  constructor(db: Db, env: Env, workspace: WorkspaceRecord) {
    this.#db = db;
    this.#env = env;
    this.#workspace = workspace;
  }

  /** Null: the workspace has no identity there, or one whose secret ends soon: another registration gets a new one. */
  async find(issuer: string, redirectUri: string): Promise<ClientIdentity | null> {
    const found = await findUpstreamClient(this.#db, this.#toKey(issuer, redirectUri));
    if (!found) return null;
    const { clientId, authMethod, secret, secretExpiresAt } = found;
    if (secretExpiresAt !== null && secretExpiresAt <= Date.now() + EXPIRES_SOON_MS) return null;
    if (secret === null) return { clientId, authMethod, clientSecret: null };
    const clientSecret = await openValue(
      await this.#openKey(),
      this.#toContext(issuer, clientId),
      secret,
    );
    if (clientSecret === null) return null;
    const end = secretExpiresAt === null ? {} : { clientExpiresAt: secretExpiresAt };
    return { clientId, authMethod, clientSecret, ...end };
  }

  /** `isEntered`: an admin has entered it. Otherwise the gateway has registered itself. */
  async save(
    issuer: string,
    redirectUri: string,
    { clientId, clientSecret, authMethod, clientExpiresAt }: ClientIdentity,
    isEntered: boolean,
  ): Promise<void> {
    const secret =
      clientSecret === null
        ? null
        : await sealValue(await this.#openKey(), this.#toContext(issuer, clientId), clientSecret);
    const key = this.#toKey(issuer, redirectUri);
    const client = {
      ...key,
      clientId,
      secret,
      authMethod,
      isEntered,
      createdAt: Date.now(),
      secretExpiresAt: clientExpiresAt ?? null,
    };
    await saveUpstreamClient(this.#db, client);
  }

  /** Forgets a registration that the authorization server does not know any more. */
  async forget(issuer: string, redirectUri: string): Promise<void> {
    await deleteUpstreamClient(this.#db, this.#toKey(issuer, redirectUri));
  }

  #toKey(issuer: string, redirectUri: string): UpstreamClientKey {
    return { workspaceId: this.#workspace.id, issuer, redirectUri };
  }

  #toContext(issuer: string, clientId: string): string[] {
    return ["upstream_client", this.#workspace.id, issuer, clientId];
  }

  #openKey(): Promise<CryptoKey> {
    return openWorkspaceKey(
      parseKeyRing(this.#env.MCPNEST_MASTER_KEYS),
      this.#workspace.wrappedKey,
    );
  }
}
