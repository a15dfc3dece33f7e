import type { Account } from "../../../../workers/contract/api/accounts.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Time } from "../../ui/time.tsx";

/** Since when an account is connected and where, and when its token was last renewed. */
export function AccountSince({ account }: { account: Account }) {
  const { kind, issuer, connectedAt, refreshedAt } = account;
  if (connectedAt === null) return null;
  return (
    <>
      {kind === "key"
        ? "Entered"
        : `Connected at ${escapeLine(new URL(issuer ?? "about:blank").host)}`}{" "}
      <Time at={connectedAt} />
      {refreshedAt !== null && refreshedAt > connectedAt && (
        <>
          , renewed <Time at={refreshedAt} />
        </>
      )}
      .
    </>
  );
}
