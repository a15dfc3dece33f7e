import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { IdentityIssuer } from "../../../../workers/contract/api/company.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { goToCompany, issuersQuery, issuerTestQuery } from "../../api/company.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Switch } from "../../ui/switch.tsx";
import { Time } from "../../ui/time.tsx";
import { MembersSection } from "./members-section.tsx";
import { SecretSection } from "./secret-section.tsx";
import { useIssuerPatch } from "./use-issuer-patch.ts";

interface Props {
  slug: string;
  issuer: IdentityIssuer;
  mayChange: boolean;
}

/** The provider of a workspace: whether it is on, a test, who becomes a member, and its removal. */
export function IssuerSection(props: Props) {
  const { slug, issuer, mayChange } = props;
  const save = useIssuerPatch(slug, issuer.id);
  return (
    <>
      <Section title={escapeLine(issuer.name)} hint={escapeLine(issuer.issuer)}>
        <div className="flex items-start justify-between gap-4 p-4">
          <div>
            <h3>People can sign in by it</h3>
            <p className="mt-0.5 text-dim">
              {issuer.isEnabled
                ? `At /sign-in?workspace=${slug}. Each change here ends the sessions that it began.`
                : "Test it first: a test begins no session."}
            </p>
          </div>
          <Switch
            label="People can sign in by it"
            isOn={issuer.isEnabled}
            isDisabled={!mayChange || save.isPending}
            onChange={(isEnabled) => save.mutate({ isEnabled })}
          />
        </div>
        <div className="flex items-start justify-between gap-4 border-t border-line p-4">
          <div>
            <h3>Its identity assertions give access</h3>
            <p className="mt-0.5 text-dim">
              A client with an assertion of this provider (ID-JAG) calls tools for the person
              without a consent page. Off: the access that assertions gave ends at once.
            </p>
          </div>
          <Switch
            label="Its identity assertions give access"
            isOn={issuer.acceptsAssertions}
            isDisabled={!mayChange || save.isPending}
            onChange={(acceptsAssertions) => save.mutate({ acceptsAssertions })}
          />
        </div>
      </Section>
      {mayChange && <TestSection {...props} />}
      {mayChange && (
        <MembersSection key={JSON.stringify(issuer.settings)} slug={slug} issuer={issuer} />
      )}
      {mayChange && <SecretSection slug={slug} issuer={issuer} />}
      {mayChange && <RemoveSection {...props} />}
    </>
  );
}

function TestSection({ slug, issuer }: Props) {
  const test = useQuery(issuerTestQuery(slug, issuer.id));
  const begin = useApiMutation({
    run: () => goToCompany(`/workspaces/${slug}/identity-issuers/${issuer.id}/test`, {}),
    invalidate: [],
  });
  return (
    <Section
      title="Test"
      hint="Signs in at the provider and shows what it says about you, for an hour."
      actions={
        <Button isBusy={begin.isPending} onClick={() => begin.mutate(undefined)}>
          Test the sign-in
        </Button>
      }
    >
      <Loaded query={test}>
        {(found) =>
          found === null ? (
            <p className="p-4 text-dim">No test within the last hour.</p>
          ) : (
            <div className="flex flex-col gap-3 p-4">
              <p className="text-xs text-dim">
                Tested <Time at={found.testedAt} />
              </p>
              {found.problem === null ? (
                <Notice tone="info">{escapeLine(found.outcome)}</Notice>
              ) : (
                <Notice tone="warn">{escapeLine(found.problem)}</Notice>
              )}
              {found.claims.length > 0 && (
                <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 gap-y-1 text-sm">
                  {found.claims.map(({ name, value }) => (
                    <div key={name} className="contents">
                      <dt className="font-mono text-xs text-dim wrap-anywhere">
                        {escapeLine(name)}
                      </dt>
                      <dd className="font-mono text-xs wrap-anywhere">{escapeLine(value)}</dd>
                    </div>
                  ))}
                </dl>
              )}
            </div>
          )
        }
      </Loaded>
    </Section>
  );
}

function RemoveSection({ slug, issuer }: Props) {
  const [isAsked, setIsAsked] = useState(false);
  const remove = useApiMutation({
    run: () => requestNoContent("DELETE", `/workspaces/${slug}/identity-issuers/${issuer.id}`),
    invalidate: [issuersQuery(slug).queryKey],
    onDone: () => setIsAsked(false),
  });
  return (
    <Section>
      <div className="flex items-center justify-between gap-4 p-4">
        <p className="text-dim">
          The sessions that it began end. The members stay, and who they are at this provider stays
          known.
        </p>
        <Button variant="danger" onClick={() => setIsAsked(true)}>
          Remove
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        title="Remove the company sign-in?"
        confirmLabel="Remove"
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
      >
        <p>People who sign in only by it cannot sign in any more.</p>
      </ConfirmDialog>
    </Section>
  );
}
