import { useQuery } from "@tanstack/react-query";
import type { OwnClaim } from "../../../../workers/contract/api/marketplace-claims.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { MARKETPLACE_KEY } from "../../api/curation.ts";
import {
  beginClaim,
  checkClaim,
  giveUpClaim,
  ownClaimQuery,
} from "../../api/marketplace-claims.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { TimeUntil } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { OutsideLink } from "./outside-link.tsx";

interface Props {
  namespace: string;
}

/** Lets a signed-in person claim a namespace: a line to publish, where, and a button that looks for it. */
export function ClaimSection({ namespace }: Props) {
  const query = useQuery(ownClaimQuery(namespace));
  return (
    <Section
      title="Is this namespace yours?"
      hint="Claim it, and its profile says that you have proven to be able to publish for it. It does not say who you are."
    >
      <Loaded query={query} lines={2}>
        {(claim) => (
          <div className="flex flex-col gap-3 p-4 text-sm">
            <Claim namespace={namespace} claim={claim} />
          </div>
        )}
      </Loaded>
    </Section>
  );
}

function Claim({ namespace, claim }: Props & { claim: OwnClaim }) {
  switch (claim.state) {
    case "impossible":
      return (
        <p className="text-dim">
          It names neither a domain nor a GitHub account, so nothing can prove whose it is.
        </p>
      );
    case "withdrawn":
      return <p className="text-dim">The operator has withdrawn your claim.</p>;
    case "none":
      return <Begin namespace={namespace} claim={claim} />;
    case "pending":
    case "standing":
      return <Proof namespace={namespace} claim={claim} />;
  }
}

function Begin({ namespace, claim }: Props & { claim: OwnClaim }) {
  const begin = useApiMutation({
    run: () => beginClaim(namespace),
    invalidate: [ownClaimQuery(namespace).queryKey],
  });
  return (
    <>
      <p className="text-dim">
        You publish a line of text at <OutsideLink url={claim.evidence ?? ""} />, and the gateway
        looks for it.
        {claim.isClaimedByOther &&
          " The claim of another person stands. Yours replaces it if the file has your line and not that one."}
      </p>
      <Button
        className="self-start"
        isBusy={begin.isPending}
        onClick={() => begin.mutate(undefined)}
      >
        Claim this namespace
      </Button>
    </>
  );
}

function Proof({ namespace, claim }: Props & { claim: OwnClaim }) {
  const check = useApiMutation({
    run: () => checkClaim(namespace),
    invalidate: [MARKETPLACE_KEY],
  });
  const giveUp = useApiMutation({
    run: () => giveUpClaim(namespace),
    invalidate: [MARKETPLACE_KEY],
    onDone: () => showToast("Claim given up"),
  });
  const isStanding = claim.state === "standing";
  return (
    <>
      <p className="text-dim">
        {isStanding ? (
          "Your claim stands. Keep this line where it is: the gateway looks for it every week."
        ) : (
          <>
            Publish this line. It is for you, this gateway and this namespace: publish no line that
            another person gives you.
          </>
        )}
      </p>
      <CodeBlock text={claim.proof ?? ""} contentName="line" isWrapped />
      <p className="text-dim">
        At <OutsideLink url={claim.evidence ?? ""} />
        {claim.expiresAt !== null && (
          <>
            {" "}
            before it expires <TimeUntil at={claim.expiresAt} />
          </>
        )}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          variant={isStanding ? "secondary" : "primary"}
          isBusy={check.isPending}
          onClick={() => check.mutate(undefined)}
        >
          Check
        </Button>
        <Button isBusy={giveUp.isPending} onClick={() => giveUp.mutate(undefined)}>
          Give up
        </Button>
        <p role="status" className="min-w-0 wrap-anywhere">
          {check.data && escapeLine(check.data.message)}
        </p>
      </div>
    </>
  );
}
