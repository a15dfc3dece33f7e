import type { ReactNode } from "react";
import type { OauthClient } from "../../../../workers/contract/records/oauth.ts";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Badge } from "../../ui/page.tsx";

interface Props {
  client: OauthClient;
  /** Whether an issuer’s assertion made it, and not its member’s consent. */
  isAsserted: boolean;
  isRevoked: boolean;
  /** More badges. */
  children?: ReactNode;
}

/** A grant in a table of tokens: the client that a member has signed in from, and who vouches for its name. */
export function GrantName({ client, isAsserted, isRevoked, children }: Props) {
  const { name, host } = client;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <span className="max-w-full truncate font-medium" title={name}>
        <ForeignName name={name} />
      </span>
      <span className="text-xs text-dim">
        {isAsserted ? "By its issuer’s assertion" : "Signed in"}
      </span>
      {host === null ? (
        <Badge tone="warn">Name not verified</Badge>
      ) : (
        <code className="font-mono text-xs text-dim">{host}</code>
      )}
      {isRevoked && <Badge tone="bad">Revoked</Badge>}
      {children}
    </span>
  );
}
