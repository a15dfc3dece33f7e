import { useQuery } from "@tanstack/react-query";
import type { NamespaceState } from "../../../../../workers/contract/api/marketplace-publishing.ts";
import { beginGithubSignIn, namespaceQuery } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Button } from "../../../ui/button.tsx";
import { Section } from "../../../ui/page.tsx";
import { Loaded } from "../../../ui/states.tsx";
import { TimeUntil } from "../../../ui/time.tsx";
import { ClaimSection } from "../../marketplace/claim-section.tsx";
import { KeyProof } from "./key-proof.tsx";

const KINDS = {
  claim: "your claim of it",
  github: "your sign-in at GitHub",
  dns: "a key in the DNS",
  http: "a key on its host",
};

/** What the person has proven of the namespace, and the ways to prove it. */
export function ProofSection({ namespace }: { namespace: string }) {
  const query = useQuery(namespaceQuery(namespace));
  return (
    <>
      <Section
        title={`Proof of ${namespace}`}
        hint="Only who controls the domain or the GitHub account of a namespace publishes in it."
      >
        <Loaded query={query} lines={3}>
          {(state) => (
            <div className="flex flex-col gap-4 p-4 text-sm">
              <Proof namespace={namespace} state={state} />
            </div>
          )}
        </Loaded>
      </Section>
      {query.data?.proof === null && query.data.ways.includes("claim") && (
        <ClaimSection namespace={namespace} />
      )}
    </>
  );
}

function Proof({ namespace, state }: { namespace: string; state: NamespaceState }) {
  const { proof, ways, subject } = state;
  if (proof)
    return (
      <p role="status">
        {namespace} is proven by {KINDS[proof.kind]}: {proof.subject}.{" "}
        {proof.expiresAt !== null && (
          <>
            The proof expires <TimeUntil at={proof.expiresAt} />.
          </>
        )}
      </p>
    );
  if (subject === null)
    return <p>This namespace names neither a domain nor a GitHub account, so nothing proves it.</p>;
  return (
    <>
      {ways.includes("github") && <GithubSignIn account={subject} />}
      {ways.includes("dns") && <KeyProof namespace={namespace} domain={subject} state={state} />}
      {!ways.includes("github") && !ways.includes("dns") && (
        <p className="text-dim">
          This gateway has no sign-in at GitHub: claim the namespace below.
        </p>
      )}
    </>
  );
}

function GithubSignIn({ account }: { account: string }) {
  const begin = useApiMutation({
    run: beginGithubSignIn,
    invalidate: [],
    onDone: ({ url }) => window.location.assign(url),
  });
  return (
    <>
      <p className="text-dim">
        Sign in at GitHub as {account}, or as an owner of that organization. The gateway reads the
        account and forgets the token. Copy your server.json first: the page is left.
      </p>
      <Button
        className="self-start"
        isBusy={begin.isPending}
        onClick={() => begin.mutate(undefined)}
      >
        Sign in at GitHub
      </Button>
    </>
  );
}
